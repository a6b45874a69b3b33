import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { softwareEntry } from "#test/support/arbitraries.ts";
import { identityKey } from "./identity.ts";
import { emptySoftwareEntry, IDENTITY_FIELDS, type SoftwareIdentity } from "./software.ts";

function identity(fields: Partial<SoftwareIdentity>): SoftwareIdentity {
  return { ...emptySoftwareEntry("apps"), ...fields };
}

describe("identityKey", () => {
  it("is equal exactly when all identity fields are equal", () => {
    fc.assert(
      fc.property(softwareEntry, softwareEntry, (a, b) => {
        const sameFields = IDENTITY_FIELDS.every((field) => a[field] === b[field]);
        expect(identityKey(a) === identityKey(b)).toBe(sameFields);
      }),
      { numRuns: 2000 },
    );
  });

  it("changes with every single field", () => {
    fc.assert(
      fc.property(softwareEntry, fc.constantFrom(...IDENTITY_FIELDS), (a, field) => {
        expect(identityKey({ ...a, [field]: `${a[field]}!` })).not.toBe(identityKey(a));
      }),
    );
  });

  it("ignores what is not identity", () => {
    const a = identity({ name: "Slack" });
    expect(identityKey({ ...a, installed_paths: ["/x"], last_opened_at: 5 } as SoftwareIdentity)).toBe(identityKey(a));
  });

  it("leaves no trace of absent groups, so that a new group never changes existing keys", () => {
    expect(identityKey(identity({ name: "bash", version: "5.2", source: "deb_packages" }))).toBe(
      '["bash","5.2","deb_packages",""]',
    );
  });

  it("keeps apart what only ambiguous joining would confuse", () => {
    expect(identityKey(identity({ name: "a", version: "b\u0000c" }))).not.toBe(
      identityKey(identity({ name: "a\u0000b", version: "c" })),
    );
    expect(identityKey(identity({ extension_id: "x" }))).not.toBe(identityKey(identity({ application_id: "x" })));
  });

  it("keeps the helpers of one application apart (seed 002)", () => {
    const gpu = identity({ name: "Postman Helper (GPU)", bundle_identifier: "com.postmanlabs.mac.helper" });
    const renderer = identity({ name: "Postman Helper (Renderer)", bundle_identifier: "com.postmanlabs.mac.helper" });
    expect(identityKey(gpu)).not.toBe(identityKey(renderer));
  });
});
