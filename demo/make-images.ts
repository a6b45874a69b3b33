import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { simulationImage } from "#test/simulation/model/library.ts";
import { fixtureImage, sharedImage } from "#test/support/simulated-osquery/images.ts";
import type { Image } from "#test/support/simulated-osquery/images.ts";
import type { DemoImage } from "./images.ts";

/**
 * Makes the demonstration's images from whole device images: `node demo/make-images.ts`, where the shared data is. Only those whose
 * origin permits copies (MIT, Apache-2.0); each keeps its origin. What is kept is what Muster makes of the rows, so that the
 * demonstration needs no SQL engine.
 */
const SHARED = [
  "linux-ubuntu-22.04-desktop-fleet",
  "linux-rhel-9.0-desktop-fleet",
  "macos-composite-later-fleet",
  "macos-composite-earlier-fleet",
  "windows-11-fleet",
  "windows-10-amcache",
];
const FIXTURES = ["linux-debian-9-osquery", "windows-11-amcache", "macos-glpi-8-small"];
const FOLDER = join(import.meta.dirname, "images");

await mkdir(FOLDER, { recursive: true });
for (const image of [...SHARED.map(sharedImage), ...FIXTURES.map(fixtureImage)]) {
  const packed = gzipSync(JSON.stringify(demoImage(image)), { level: 9 });
  await writeFile(join(FOLDER, `${image.name}.json.gz`), packed);
  process.stdout.write(`${image.name}: ${packed.length} bytes\n`);
}

function demoImage(image: Image): DemoImage {
  const os = image.host.os_version[0] ?? {};
  const { holdings } = simulationImage(image);
  const software = [...holdings].map(([source, entries]) => [source, entries.map(withoutEmpty)] as const);
  return {
    name: image.name,
    origin: image.origin,
    platform: image.host.platform,
    os_name: os["name"] ?? "",
    os_version: os["version"] ?? "",
    software: Object.fromEntries(software),
  };
}

function withoutEmpty(entry: object): DemoImage["software"][string][number] {
  const kept = Object.entries(entry).filter(
    ([name, value]) => name !== "source" && value !== "" && value !== null && !(Array.isArray(value) && value.length === 0),
  );
  return Object.fromEntries(kept) as DemoImage["software"][string][number];
}
