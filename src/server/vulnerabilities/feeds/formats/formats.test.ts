import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zstdCompressSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { pack } from "tar-stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeZip } from "#test/support/zip.ts";
import { archiveMembers } from "./archive.ts";
import { fileInput } from "./file-input.ts";
import { JsonCutter } from "./json-cutter.ts";
import { jsonArray, jsonDocument, jsonLines, jsonMembers } from "./json-values.ts";
import { FEED_LIMITS, type FeedLimits } from "./limits.ts";
import { unpacked } from "./unpacked.ts";
import { xmlElements } from "./xml.ts";

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "muster-formats-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function input(bytes: Buffer | string, limits: Partial<FeedLimits> = {}) {
  const path = join(directory, "sample");
  await writeFile(path, bytes);
  return await fileInput(path, { ...FEED_LIMITS, ...limits });
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** Four lines "hello muster", as bzip2 and xz pack them. */
const BZIP2 = "QlpoOTFBWSZTWSoX97UAAAnRgAAQQAACRp4AIAAxANNNAVUA9RpCGzxo4QhcwUUUfF3JFOFCQKhf3tQ=";
const XZ = "/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4AAzABRdADQZSe6N6RTPif8mvj1+2BrUmAAAAEvZqatqrMBsAAEwNG13dN4ftvN9AQAAAAAEWVo=";

function tarOf(members: { name: string; content?: string; type?: "symlink"; linkname?: string }[]): Promise<Buffer> {
  const tar = pack();
  for (const { content, ...header } of members) tar.entry(header, content ?? "");
  tar.finalize();
  return all(tar).then((chunks) => Buffer.concat(chunks as Buffer[]));
}

test("packing is told by content: gzip, zstd and nothing", async () => {
  for (const bytes of [gzipSync("text"), zstdCompressSync(Buffer.from("text")), Buffer.from("text"), Buffer.from("tex")]) {
    const found = Buffer.concat(await all(unpacked(await input(bytes)))).toString();
    expect("text").toContain(found);
    expect(found).not.toBe("");
  }
});

test("bzip2 and xz are read; a file that is cut off is refused with its name", async () => {
  const whole = gzipSync(Buffer.from("x".repeat(10_000)));
  await expect(all(unpacked(await input(whole.subarray(0, whole.length - 9))))).rejects.toThrow(
    /sample is damaged or cut off \(gzip/,
  );
  for (const bytes of [BZIP2, XZ]) {
    const found = await all(unpacked(await input(Buffer.from(bytes, "base64"))));
    expect(Buffer.concat(found).toString()).toBe("hello muster\n".repeat(4));
  }
  await expect(all(unpacked(await input(Buffer.from(XZ, "base64").subarray(0, 60))))).rejects.toThrow(/sample is damaged/);
  await expect(all(unpacked(await input(Buffer.from(BZIP2, "base64").subarray(0, 30))))).rejects.toThrow(/sample is damaged/);
});

test("what unpacks to too much is refused before it is unpacked, as a bomb or by its size", async () => {
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
  await expect(all(unpacked(await input(bomb)))).rejects.toThrow(/decompression bomb/);
  await expect(all(unpacked(await input(bomb, { unpackedBytes: 1_000_000 })))).rejects.toThrow(/more than 1000000 bytes/);
});

test("JSON lines: empty ones are skipped, a bad one is named by its number, a long one refused", async () => {
  expect(await all(jsonLines(await input('{"a":1}\r\n\n{"a":2}')))).toEqual([{ a: 1 }, { a: 2 }]);
  await expect(all(jsonLines(await input("1\n{")))).rejects.toThrow(/sample line 2 is no JSON/);
  await expect(all(jsonLines(await input(`"${"x".repeat(200)}"`, { recordBytes: 100 })))).rejects.toThrow(/more than 100 bytes/);
});

test("elements of a large document come one at a time; other content, missing arrays and cut ends are refused", async () => {
  const text = '\u{feff}{"format":"x","deep":{"list":[9]},"list":[{"a":"]\\"}"},2,[3]],"end":[1]}';
  expect(await all(jsonArray(await input(text), "list"))).toEqual([{ a: ']"}' }, 2, [3]]);
  expect(await all(jsonArray(await input(text), "deep", "list"))).toEqual([9]);
  expect(await all(jsonArray(await input("[1,[2],3]")))).toEqual([1, [2], 3]);
  expect(await all(jsonMembers(await input('{"a":{"b":[1,2]},"c\\n":null}')))).toEqual([
    ["a", { b: [1, 2] }],
    ["c\n", null],
  ]);
  expect(await all(jsonMembers(await input("{}")))).toEqual([]);
  await expect(all(jsonArray(await input(text), "absent"))).rejects.toThrow(/has no absent/);
  await expect(all(jsonArray(await input(text.slice(0, -3)), "list"))).rejects.toThrow(/cut off/);
  await expect(all(jsonArray(await input("<html></html>"), "list"))).rejects.toThrow(/begins with something else/);
  await expect(all(jsonArray(await input("[1] [2]")))).rejects.toThrow(/goes on after its end/);
  await expect(all(jsonArray(await input('{"list":[1,]]}'), "list"))).rejects.toThrow(/closing brackets/);
  await expect(jsonDocument(await input("{"))).rejects.toThrow(/sample is no JSON/);
});

test("however a document is cut into chunks, its values are those of JSON.parse", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.integer({ min: 1, max: 9 }), (object, step) => {
      const bytes = Buffer.from(JSON.stringify({ before: [object], values: object }));
      const cutter = new JsonCutter(["values"], "{", 1e6);
      const found: [string, unknown][] = [];
      for (let at = 0; at < bytes.length; at += step) {
        for (const { key, text } of cutter.push(bytes.subarray(at, at + step))) found.push([key, JSON.parse(text)]);
      }
      cutter.end();
      expect(found).toEqual(Object.entries(JSON.parse(JSON.stringify(object)) as object));
    }),
  );
});

test("archives: members by path, packed ones unpacked, links and unwanted ones left out", async () => {
  const members = [
    { name: "./dir/a.json", content: '{"a":1}' },
    { name: "dir/link", type: "symlink" as const, linkname: "/etc/passwd" },
    { name: "b.txt", content: "no" },
  ];
  const tar = await tarOf(members);
  for (const bytes of [
    tar,
    gzipSync(tar),
    zstdCompressSync(tar),
    makeZip([{ name: "dir/a.json", bytes: gzipSync('{"a":1}') }]),
  ]) {
    const found = await all(archiveMembers(await input(bytes), (path) => path.endsWith(".json")));
    expect(found.map((member) => [member.path, member.json()])).toEqual([["dir/a.json", { a: 1 }]]);
  }
});

test("archives that lead outside, hold too much or are none are refused", async () => {
  const outside = await tarOf([{ name: "../x", content: "1" }]);
  await expect(all(archiveMembers(await input(outside)))).rejects.toThrow(/invalid relative path/);
  const zipOutside = makeZip([{ name: "../x", bytes: "1" }]);
  await expect(all(archiveMembers(await input(zipOutside)))).rejects.toThrow(/invalid relative path/);
  const many = makeZip([1, 2, 3].map((number) => ({ name: `${number}`, bytes: "x" })));
  await expect(all(archiveMembers(await input(many, { members: 2 })))).rejects.toThrow(/more than 2 members/);
  await expect(all(archiveMembers(await input(many, { recordBytes: 0 })))).rejects.toThrow(/more than 0 bytes/);
  const bomb = makeZip([{ name: "zeros", bytes: Buffer.alloc(32 * 1024 * 1024) }]);
  await expect(all(archiveMembers(await input(bomb)))).rejects.toThrow(/decompression bomb/);
  await expect(all(archiveMembers(await input("<html>404</html>".repeat(100))))).rejects.toThrow(
    /not a whole archive|no archive/,
  );
  await expect(all(archiveMembers(await input(many.subarray(0, many.length - 8))))).rejects.toThrow(/not a whole archive/);
});

test("XML: elements come whole, names without prefixes; entities of its own, deep nesting and cut ends are refused", async () => {
  const xml = '<?xml version="1.0"?><o:all xmlns:o="urn:x"><o:update id="1">a<b c="&amp;">t</b><![CDATA[z]]></o:update></o:all>';
  const update = { name: "update", attributes: { id: "1" }, text: "az" };
  expect(await all(xmlElements(await input(xml), ["update"]))).toEqual([
    { ...update, children: [{ name: "b", attributes: { c: "&" }, text: "t", children: [] }] },
  ]);
  await expect(all(xmlElements(await input(xml.slice(0, -8)), ["update"]))).rejects.toThrow(/not the XML it should be/);
  const entity = '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>';
  await expect(all(xmlElements(await input(entity), ["a"]))).rejects.toThrow(/not the XML/);
  const deep = "<a>".repeat(100) + "</a>".repeat(100);
  await expect(all(xmlElements(await input(deep), ["b"]))).rejects.toThrow(/nest deeper than 64/);
});
