import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { corpus, CORPUS_HERE, CORPUS_MISSING, feedMirror } from "#test/support/feed-mirror.ts";
import type { FeedMirror } from "#test/support/feed-mirror.ts";
import { feedEngine } from "#test/support/feed-engine.ts";
import type { EngineBench } from "#test/support/feed-engine.ts";
import { NVD_FEED } from "./nvd-feed.ts";
import { NVD_FILES, yearOfCve } from "./nvd-files.ts";

interface Entry {
  cve: { id: string; lastModified: string; descriptions: { value: string }[] };
}

const PARTS = ["2013", "2016", "2017", "2018", "2019", "2020", "2021"];

function serve(mirror: FeedMirror, name: string, vulnerabilities: readonly Entry[], modified: Date): void {
  const json = Buffer.from(JSON.stringify({ format: "NVD_CVE", version: "2.0", vulnerabilities }));
  const gz = gzipSync(json);
  const sha256 = createHash("sha256").update(json).digest("hex");
  const meta = `lastModifiedDate:${modified.toISOString()}\r\nsize:${json.length}\r\nzipSize:1\r\ngzSize:${gz.length}\r\nsha256:${sha256}\r\n`;
  mirror.serve(`${NVD_FILES}/nvdcve-2.0-${name}.json.gz`, gz);
  mirror.serve(`${NVD_FILES}/nvdcve-2.0-${name}.meta`, meta);
}

/** Every second record of the changes as it was before, and some that do not change. */
function before(changes: readonly Entry[], part: string): Entry[] {
  const own = changes.filter(({ cve }) => yearOfCve(cve.id) === part);
  const older = own
    .filter((_, index) => index % 2 === 0)
    .map(({ cve }): Entry => ({ cve: { ...cve, lastModified: "2022-01-01T00:00:00.000", descriptions: [] } }));
  const others = Array.from({ length: 40 }, (_, index): Entry => {
    const id = `CVE-${part}-${9_000_000 + index}`;
    return { cve: { id, lastModified: "2022-01-01T00:00:00.000", descriptions: [] } };
  });
  return [...older, ...others];
}

describe.skipIf(!CORPUS_HERE)(`changes of a real day: ${CORPUS_MISSING}`, () => {
  let mirror: FeedMirror;
  let engine: EngineBench;
  beforeAll(async () => {
    mirror = await feedMirror();
    engine = await feedEngine({ feeds: [{ ...NVD_FEED, parts: () => PARTS }], mirror });
  });
  afterAll(async () => {
    await engine.close();
    await mirror.close();
  });

  async function digests(): Promise<Map<string, string>> {
    const { rows } = await sql<{
      name: string;
      digest: string;
    }>`SELECT name, encode(digest, 'hex') AS digest FROM feed_records`.execute(engine.database.db);
    return new Map(rows.map(({ name, digest }) => [name, digest]));
  }

  test("change exactly the 459 records they are about", async () => {
    const { vulnerabilities } = JSON.parse(
      (await corpus("nvd/nvdcve-2.0-modified-2022-10-20.converted.json.gz")).toString("utf8"),
    ) as { vulnerabilities: Entry[] };
    const now = Date.now();
    for (const part of PARTS) serve(mirror, part, before(vulnerabilities, part), new Date(now - 3_600_000));
    await engine.run();
    const first = await digests();

    serve(mirror, "modified", vulnerabilities, new Date(now - 60_000));
    await engine.runAgain();
    const second = await digests();
    const changed = [...second].filter(([name, digest]) => first.get(name) !== digest).map(([name]) => name);
    expect(changed.toSorted()).toEqual(vulnerabilities.map(({ cve }) => cve.id).toSorted());
    expect([...first.keys()].filter((name) => !second.has(name))).toEqual([]);
    expect(mirror.statusOf(`${NVD_FILES}/nvdcve-2.0-modified.json.gz`)).toEqual([200]);
    for (const part of PARTS) expect((await engine.part("nvd", part)).error).toBeNull();

    await engine.runAgain();
    expect(await digests()).toEqual(second);
  });
});
