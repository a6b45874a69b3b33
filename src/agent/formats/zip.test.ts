import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { makeZip } from "#test/support/zip.ts";
import { bufferSource, type ByteSource } from "./byte-source.ts";
import { readZipMember, readZipMembers, storedMember } from "./zip.ts";

const all = () => true;

describe("readZipMembers", () => {
  test("finds what is wanted, whatever stands before the archive, and reads it back", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.record({ name: fc.string({ minLength: 1 }), text: fc.string(), stored: fc.boolean() }), {
          selector: (member) => member.name,
          maxLength: 20,
        }),
        fc.string(),
        async (members, prefix) => {
          const inputs = members.map(({ name, text, stored }) => ({ name, bytes: text, stored }));
          const source = bufferSource(makeZip(inputs, prefix));
          const found = await readZipMembers(source, all);
          const texts = await Promise.all(found.map(async (m) => (await readZipMember(source, m, 10_000)).toString("utf8")));
          expect(found.map((m, i) => [m.name, texts[i]])).toEqual(
            members.map(({ name, text }) => [Buffer.from(name).toString("utf8"), Buffer.from(text).toString("utf8")]),
          );
        },
      ),
      { numRuns: 100 },
    );
  });

  test("reads a large directory in pieces", async () => {
    const members = Array.from({ length: 60_000 }, (_, i) => ({ name: `directory/member-${i}`, bytes: "", stored: true }));
    const bytes = makeZip(members);
    let largest = 0;
    const source: ByteSource = {
      size: bytes.length,
      read: (offset, length) => {
        largest = Math.max(largest, length);
        return Promise.resolve(bytes.subarray(offset, offset + length));
      },
    };
    const found = await readZipMembers(source, (name) => name.endsWith("-59999"));
    expect(found.map(({ name }) => name)).toEqual(["directory/member-59999"]);
    expect(largest).toBeLessThanOrEqual(256 * 1024);
  });

  test.each([
    ["nothing", Buffer.alloc(0)],
    ["text", Buffer.from("PK? no.".repeat(20))],
    [
      "an end only, that claims a directory",
      Buffer.concat([Buffer.from("PK\u0005\u0006"), Buffer.alloc(8), Buffer.from([9, 0, 0, 0, 0, 0, 0, 0, 0, 0])]),
    ],
  ])("%s is refused", async (_what, bytes) => {
    await expect(readZipMembers(bufferSource(bytes), all)).rejects.toThrow(/zip archive|outside|directory/);
  });
});

describe("readZipMember", () => {
  test("refuses what claims to be too large, and what turns out larger than it claims", async () => {
    const zeros = makeZip([{ name: "zeros", bytes: Buffer.alloc(1_000_000) }]);
    const [member] = await readZipMembers(bufferSource(zeros), all);
    if (member === undefined) throw new Error("no member");
    await expect(readZipMember(bufferSource(zeros), member, 1000)).rejects.toThrow("zeros is larger than 1000 bytes");
    await expect(readZipMember(bufferSource(zeros), { ...member, size: 10 }, 1000)).rejects.toThrow("could not be inflated");
    expect((await readZipMember(bufferSource(zeros), member, 1_000_000)).length).toBe(1_000_000);
  });

  test("a stored member is a source of its own; an encrypted or cut off one is none", async () => {
    const bytes = makeZip([{ name: "a", bytes: "0123456789", stored: true }]);
    const [member] = await readZipMembers(bufferSource(bytes), all);
    if (member === undefined) throw new Error("no member");
    const stored = await storedMember(bufferSource(bytes), member);
    expect([stored?.size, (await stored?.read(8, 100))?.toString()]).toEqual([10, "89"]);
    await expect(storedMember(bufferSource(bytes), { ...member, encrypted: true })).rejects.toThrow("encrypted");
    await expect(storedMember(bufferSource(bytes), { ...member, compressedSize: 10_000 })).rejects.toThrow("cut off");
    await expect(storedMember(bufferSource(bytes), { ...member, offset: 3 })).rejects.toThrow("not where");
  });
});

const zip = existsSync("/usr/bin/zip");
test.skipIf(!zip)(`an archive of Info-ZIP's large form is read${zip ? "" : " (skipped: this machine has no zip)"}`, async () => {
  const directory = mkdtempSync(join(tmpdir(), "muster-zip-"));
  writeFileSync(join(directory, "x.txt"), "some text");
  // from a pipe zip cannot know the size and takes the large form
  execFileSync("sh", ["-c", "cat x.txt | zip -q -fz large.zip -"], { cwd: directory });
  const source = bufferSource(readFileSync(join(directory, "large.zip")));
  const [member] = await readZipMembers(source, all);
  rmSync(directory, { recursive: true });
  if (member === undefined) throw new Error("no member");
  expect((await readZipMember(source, member, 100)).toString()).toBe("some text");
});
