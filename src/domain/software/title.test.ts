import { describe, expect, it } from "vitest";
import { emptySoftwareEntry, type SoftwareEntry } from "./software.ts";
import { titleKey, titleOf } from "./title.ts";

function key(fields: Partial<SoftwareEntry>): string {
  return titleKey(titleOf({ ...emptySoftwareEntry(fields.source ?? "apps"), ...fields }));
}

describe("titles", () => {
  it("groups by bundle identifier whatever the name and version", () => {
    expect(key({ name: "A Helper", version: "1", bundle_identifier: "com.a" })).toBe(
      key({ name: "A", version: "2", bundle_identifier: "com.a" }),
    );
  });

  it("groups MSI programs by upgrade code", () => {
    const upgrade_code = "{12345678-1234-1234-1234-123456789012}";
    expect(key({ source: "programs", name: "Foo 1.0", upgrade_code })).toBe(
      key({ source: "programs", name: "Foo 2.0", upgrade_code }),
    );
  });

  it("groups by application id when that is all there is", () => {
    expect(key({ name: "X", application_id: "com.x" })).toBe(key({ name: "Y", application_id: "com.x" }));
  });

  it("falls back to name, source and extension_for", () => {
    expect(key({ name: "1Password", source: "chrome_extensions", extension_for: "chrome" })).not.toBe(
      key({ name: "1Password", source: "chrome_extensions", extension_for: "edge" }),
    );
    expect(key({ name: "bash", source: "deb_packages", version: "1" })).toBe(
      key({ name: "bash", source: "deb_packages", version: "2" }),
    );
    expect(key({ name: "bash", source: "deb_packages" })).not.toBe(key({ name: "bash", source: "rpm_packages" }));
  });

  it("never mixes one identifier's values with another's", () => {
    expect(key({ bundle_identifier: "com.x" })).not.toBe(key({ name: "com.x" }));
    expect(key({ bundle_identifier: "com.x" })).not.toBe(key({ application_id: "com.x" }));
  });

  it("keeps only the identifier that decides", () => {
    const title = titleOf({ ...emptySoftwareEntry("apps"), name: "X", bundle_identifier: "com.x", upgrade_code: "{u}" });
    expect(title).toMatchObject({ bundle_identifier: "com.x", upgrade_code: "" });
  });
});
