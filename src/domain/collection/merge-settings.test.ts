import fc from "fast-check";
import { expect, test } from "vitest";
import { disabledSources, mergeSettings, settingsText } from "./merge-settings.ts";

const FLEET = { sources: { deb_packages: { enabled: true, interval_seconds: 3600 }, npm_packages: { enabled: false } } };
const SERVERS = { sources: { deb_packages: { interval_seconds: 600 }, python_packages: { roots: ["/srv"] } } };
const BUILD = { sources: { deb_packages: { interval_seconds: 60, timeout_seconds: 9 }, npm_packages: { enabled: true } } };

test("a label overrides the fleet, the first label the others, field by field", () => {
  expect(mergeSettings([SERVERS, BUILD, FLEET])).toEqual({
    sources: {
      deb_packages: { enabled: true, interval_seconds: 600, timeout_seconds: 9 },
      python_packages: { roots: ["/srv"] },
      npm_packages: { enabled: true },
    },
  });
  expect(disabledSources(mergeSettings([FLEET]))).toEqual(["npm_packages"]);
  expect(mergeSettings([])).toEqual({ sources: {} });
});

test("the text tells settings apart, whatever the order of their keys", () => {
  const turned = { sources: { npm_packages: { enabled: false }, deb_packages: { interval_seconds: 3600, enabled: true } } };
  expect(settingsText(turned)).toBe(settingsText(FLEET));
  expect(settingsText(SERVERS)).not.toBe(settingsText(BUILD));
});

test("what the first layer says stands, whatever comes below", () => {
  const layer = fc.record({
    sources: fc.dictionary(
      fc.constantFrom("apps", "deb_packages"),
      fc.record({ enabled: fc.boolean(), rows_max: fc.nat() }, { requiredKeys: [] }),
    ),
  });
  fc.assert(
    fc.property(layer, fc.array(layer, { maxLength: 3 }), (first, rest) => {
      expect(mergeSettings([first, ...rest])).toMatchObject(JSON.parse(JSON.stringify(first)) as object);
    }),
  );
});
