import { expect, test } from "vitest";
import { productsError, productsOf, requestOf, type CorrectionFields } from "./correction-request.ts";

const TITLE = { software_title_id: 7, software_version_id: 70, name: "Oh My Posh", version: "8.29.4", source: "programs" };
const FIELDS: CorrectionFields = {
  kind: "is",
  scope: "title",
  products: "ohmyposh:oh_my_posh",
  name_pattern: "",
  edition: "",
  reason: "seen on its page",
};

test("products are read however they are separated, in lower case", () => {
  expect(productsOf(" Mozilla:Firefox,mozilla:thunderbird\n a:b ")).toEqual(["mozilla:firefox", "mozilla:thunderbird", "a:b"]);
  expect(productsError("mozilla:firefox b")).toBe("“b” is not written vendor:product");
  expect(productsError("mozilla:firefox")).toBeUndefined();
});

test("a correction names exactly one scope", () => {
  expect(requestOf(TITLE, FIELDS)).toEqual({
    kind: "is",
    products: ["ohmyposh:oh_my_posh"],
    software_title_id: 7,
    reason: "seen on its page",
  });
  expect(requestOf(TITLE, { ...FIELDS, scope: "version", edition: "esr" })).toMatchObject({
    software_version_id: 70,
    edition: "esr",
  });
  expect(requestOf(TITLE, { ...FIELDS, scope: "name", name_pattern: "Oh My*" })).toMatchObject({
    name_pattern: "Oh My*",
    source: "programs",
  });
});

test("software that is no product at all names none", () => {
  expect(requestOf(TITLE, { ...FIELDS, kind: "no_product", edition: "esr" })).toEqual({
    kind: "is_not",
    products: [],
    software_title_id: 7,
    reason: "seen on its page",
  });
});

test.each([
  [{ products: " " }, "Name a product first"],
  [{ products: "firefox" }, "“firefox” is not written vendor:product"],
  [{ scope: "name", name_pattern: "a*b?" }, "The name needs three letters in a row"],
] as const)("%j is not enough", (change, words) => {
  expect(requestOf(TITLE, { ...FIELDS, ...change })).toBe(words);
});
