import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { newSubject, newVulnerability, openFinding } from "#test/support/findings.ts";
import { entryOf, openInventory, type Inventory } from "#test/support/inventory.ts";
import { SHARED_DIR } from "#test/support/simulated-osquery/images.ts";
import { checkCyclonedx } from "#test/support/sbom-schemas.ts";
import { createDecision } from "../decisions/create-decision.ts";
import { deleteVexDocument } from "./delete-vex-document.ts";
import { exportVex } from "./export-vex.ts";
import { importVex } from "./import-vex.ts";

let inventory: Inventory;
const db = () => inventory.database.db;
const deps = () => ({ db: db(), now: () => new Date(), publicUrl: "https://muster.example.org" });
const admin = { user_id: 1, name: "Ada", email: "ada@example.org", api_only: false };

beforeAll(async () => {
  inventory = await openInventory();
});
afterAll(() => inventory.database.close());
beforeEach(async () => {
  await sql`TRUNCATE findings, match_subjects, vulnerabilities, vulnerability_decisions, vex_documents, suppressions, exposure_queue,
    hosts, software, software_titles CASCADE`.execute(db());
});

const lodash = entryOf("npm_packages", { name: "lodash", version: "4.17.20" });
const curl = entryOf("deb_packages", { name: "curl", version: "7.81.0-1ubuntu1.14", arch: "amd64" });

async function openOn(entry: typeof lodash, cve: string, scope = "", aliases: string[] = []) {
  await inventory.report(await inventory.newHost(), entry.source, [entry]);
  const vulnerability = await newVulnerability(db(), cve, { aliases });
  const subject = await newSubject(db(), entry, scope);
  await openFinding(db(), subject, vulnerability);
  return { vulnerability, subject };
}

function openVex(id: string, statements: object[], timestamp = "2026-01-01T00:00:00Z") {
  return { "@context": "https://openvex.dev/ns/v0.2.0", "@id": id, author: "Vendor", timestamp, version: 1, statements };
}
const statement = (purl: string, status: string, more: object = {}) => ({
  vulnerability: { name: "CVE-2026-1" },
  products: [{ "@id": purl }],
  status,
  ...more,
});

async function suppressed() {
  return db().selectFrom("suppressions").select(["subject_id", "vulnerability_id", "kind"]).orderBy("subject_id").execute();
}

describe("an imported document", () => {
  test("suppresses what it calls not affected, annotates what it calls affected, and the findings stay", async () => {
    const { subject, vulnerability } = await openOn(lodash, "CVE-2026-1");
    const document = openVex("a", [statement("pkg:npm/lodash", "affected", { action_statement: "update" })]);
    expect(await importVex(deps(), { document }, admin)).toMatchObject({ annotated_count: 1, suppressed_count: 0 });
    expect(await suppressed()).toEqual([]);
    await db().deleteFrom("exposure_queue").execute();
    const later = openVex("b", [statement("pkg:npm/lodash@4.17.20", "not_affected")], "2026-02-01T00:00:00Z");
    const answer = await importVex(deps(), { document: later, name: "b.json" }, admin);
    expect(answer).toMatchObject({ suppressed_count: 1, document: { name: "b.json", author: "Vendor", statements_count: 1 } });
    expect(await suppressed()).toEqual([{ subject_id: subject, vulnerability_id: vulnerability, kind: "vex" }]);
    expect(await db().selectFrom("exposure_queue").select("vulnerability_id").execute()).toEqual([
      { vulnerability_id: vulnerability },
    ]);
    expect(await db().selectFrom("findings").selectAll().execute()).toHaveLength(1);
  });

  test("gives way to the later statement, comes back when that document is deleted, and its newer version replaces it", async () => {
    await openOn(lodash, "CVE-2026-1");
    await importVex(deps(), { document: openVex("a", [statement("pkg:npm/lodash", "not_affected")]) }, admin);
    const newer = openVex("b", [statement("pkg:npm/lodash", "under_investigation")], "2026-03-01T00:00:00Z");
    const { document } = await importVex(deps(), { document: newer }, admin);
    expect(await suppressed()).toEqual([]);
    await deleteVexDocument(deps(), document.id, admin);
    expect(await suppressed()).toHaveLength(1);
    const next = openVex("a", [statement("pkg:npm/lodash@9.9.9", "not_affected")], "2026-04-01T00:00:00Z");
    await importVex(deps(), { document: next }, admin);
    expect(await suppressed()).toEqual([]);
    const old = openVex("a", [statement("pkg:npm/lodash", "not_affected")], "2026-01-01T00:00:00Z");
    await expect(importVex(deps(), { document: old }, admin)).rejects.toMatchObject({ status: 409 });
    await expect(deleteVexDocument(deps(), 999_999, admin)).rejects.toMatchObject({ status: 404 });
  });

  test("speaks of findings that are opened later, by any name of the vulnerability, and of the right release only", async () => {
    const purl = "pkg:deb/ubuntu/curl@7.81.0-1ubuntu1.14?arch=source&distro=jammy";
    const named = { ...statement(purl, "fixed"), vulnerability: { name: "USN-1-1" } };
    await importVex(deps(), { document: openVex("ubuntu", [named]) }, admin);
    const jammy = await openOn(curl, "CVE-2026-1", "ubuntu:22.04", ["USN-1-1"]);
    expect(await suppressed()).toEqual([{ subject_id: jammy.subject, vulnerability_id: jammy.vulnerability, kind: "vex" }]);
    const focal = await newSubject(db(), curl, "ubuntu:20.04");
    await openFinding(db(), focal, jammy.vulnerability);
    expect(await suppressed()).toHaveLength(1);
  });

  test("that is none is refused by the field and with the remedy", async () => {
    for (const document of [{}, [], "text", { statements: "x" }, { document: { category: 1 }, vulnerabilities: 7 }]) {
      await expect(importVex(deps(), { document }, admin)).rejects.toMatchObject({ status: 422, errors: [{ name: "document" }] });
    }
    expect(await db().selectFrom("vex_documents").selectAll().execute()).toEqual([]);
  });
});

async function textOf(format: "openvex" | "csaf" | "cyclonedx"): Promise<string> {
  const { chunks } = await exportVex(deps(), format, "Example Ltd.");
  let text = "";
  for await (const chunk of chunks) text += chunk;
  return text;
}

/** A false positive about all versions of one title, and an accepted risk about a version of another. */
async function decide() {
  const first = await openOn(lodash, "CVE-2026-1");
  const second = await openOn(curl, "GHSA-aaaa-bbbb-cccc", "ubuntu:22.04");
  const title = await db().selectFrom("software").where("name", "=", "lodash").select("title_id").executeTakeFirstOrThrow();
  const version = await db().selectFrom("software").where("name", "=", "curl").select("id").executeTakeFirstOrThrow();
  const falsePositive = {
    kind: "false_positive",
    reason: "the function is not there",
    software_title_id: title.title_id,
  } as const;
  await createDecision(deps(), { ...falsePositive, cve: "CVE-2026-1" }, admin);
  const accepted = { kind: "accepted_risk", reason: "no network", software_version_id: version.id } as const;
  await createDecision(deps(), { ...accepted, cve: "GHSA-aaaa-bbbb-cccc" }, admin);
  return { first, second };
}

test("Red Hat's statements hold where its packages are rebuilt, on the release they speak of", async () => {
  const httpd = entryOf("rpm_packages", { name: "httpd", version: "2.4.6", release: "97.el7.centos", arch: "x86_64" });
  const key = { package: "httpd", name_kind: "source", version: "2.4.6-97.el7_9", scheme: "rpm" } as const;
  const vulnerability = await newVulnerability(db(), "CVE-2026-1");
  await inventory.report(await inventory.newHost(), "rpm_packages", [httpd]);
  const open = async (scope: string, ecosystem: string) => {
    const subject = await newSubject(db(), httpd, scope, [{ ...key, ecosystem }]);
    await openFinding(db(), subject, vulnerability);
    return subject;
  };
  const centos = await open("centos:7", "rpm:rhel:7");
  // they rebuild as well, and publish their own statements
  await open("rocky:7", "rpm:rocky:7");
  const document = openVex("a", [statement("pkg:rpm/redhat/httpd?distro=rhel-7", "not_affected")]);
  expect(await importVex(deps(), { document }, admin)).toMatchObject({ suppressed_count: 1 });
  expect((await suppressed()).map(({ subject_id }) => subject_id)).toEqual([centos]);
  const other = openVex("b", [statement("pkg:rpm/redhat/httpd?distro=rhel-8", "not_affected")], "2026-02-01T00:00:00Z");
  expect(await importVex(deps(), { document: other }, admin)).toMatchObject({ suppressed_count: 0 });
});

const schemaFile = join(SHARED_DIR, "data/vulnerabilities/vex/openvex/openvex_json_schema.json");

/** What the official schema finds wrong; null: nothing. That of OpenVEX is part of the shared corpus. */
function schemaErrors(format: "openvex" | "csaf" | "cyclonedx", text: string): unknown {
  if (format === "cyclonedx") {
    checkCyclonedx(text);
    return null;
  }
  if (format === "openvex" && !existsSync(schemaFile)) return null;
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  ajv.addFormat("iri", /^[a-z][a-z0-9+.-]*:\S+$/i);
  // scores, which these documents do not have
  for (const version of ["2.0", "3.0", "3.1"]) ajv.addSchema({}, `https://www.first.org/cvss/cvss-v${version}.json`);
  const file =
    format === "openvex" ? schemaFile : resolve(import.meta.dirname, "../../../../test/fixtures/csaf/csaf-2.0-schema.json");
  const valid = ajv.compile(JSON.parse(readFileSync(file, "utf8")) as object);
  return valid(JSON.parse(text)) ? null : valid.errors;
}

describe("the export", () => {
  test("without anything to tell is refused", async () => {
    await expect(exportVex(deps(), "openvex", "x")).rejects.toMatchObject({ status: 422 });
  });

  test.each(["openvex", "csaf", "cyclonedx"] as const)(
    "as %s suppresses the same false positives and accepted risks when it is imported",
    async (format) => {
      const { first, second } = await decide();
      const text = await textOf(format);
      expect(await textOf(format)).toBe(text);
      await sql`TRUNCATE vulnerability_decisions, suppressions CASCADE`.execute(db());
      const answer = await importVex(deps(), { document: JSON.parse(text) as unknown }, admin);
      expect(answer).toMatchObject({ annotated_count: 2, suppressed_count: 2, skipped: [] });
      expect(await suppressed()).toEqual(
        [first, second].map((one) => ({ subject_id: one.subject, vulnerability_id: one.vulnerability, kind: "vex" })),
      );
      const said = await db().selectFrom("vex_statements").select(["status", "action_statement"]).orderBy("status").execute();
      expect(said[0]).toEqual({ status: "accepted_risk", action_statement: "no network" });
      const annotated = await db().selectFrom("finding_vex_statements").select("subject_id").orderBy("subject_id").execute();
      expect(annotated.map((row) => row.subject_id)).toEqual([first.subject, second.subject]);
      // all versions of the title were meant
      await inventory.report(await inventory.newHost(), "npm_packages", [{ ...lodash, version: "5.0.0" }]);
      await openFinding(db(), await newSubject(db(), { ...lodash, version: "5.0.0" }), first.vulnerability);
      expect(await suppressed()).toHaveLength(3);
    },
  );

  test.each(["openvex", "csaf", "cyclonedx"] as const)(
    "as %s tells of decisions for a host or a label, of when they end, and of what it leaves out; none of that is taken over by another server",
    async (format) => {
      const { first } = await decide();
      await sql`TRUNCATE vulnerability_decisions, suppressions CASCADE`.execute(db());
      const host = await db().selectFrom("hosts").select("id").orderBy("id").executeTakeFirstOrThrow();
      const label = await db()
        .insertInto("labels")
        .values({ name: `Lab ${format}`, label_membership_type: "manual" })
        .returning("id")
        .executeTakeFirstOrThrow();
      const accepted = { cve: "CVE-2026-1", kind: "accepted_risk", reason: "isolated" } as const;
      await createDecision(deps(), { ...accepted, host_id: host.id }, admin);
      const none = await createDecision(deps(), { ...accepted, label_id: label.id }, admin);
      const limited = { ...accepted, expires_at: "2999-01-01T00:00:00Z" };
      await createDecision(deps(), limited, admin);
      const before = await textOf(format);
      expect(before).toContain("1 decision about software that has neither");
      await db().insertInto("label_membership").values({ label_id: label.id, host_id: host.id }).execute();
      const text = await textOf(format);
      expect(text).not.toContain("1 decision about");
      expect(text).toContain(format === "openvex" ? `urn:muster:label:${label.id}` : `Devices with the label Lab ${format}`);
      expect(text).toContain("Risk accepted until 2999-01-01: isolated");
      expect(schemaErrors(format, text)).toBeNull();
      expect(none.label).toMatchObject({ name: `Lab ${format}` });
      await sql`TRUNCATE vulnerability_decisions, suppressions CASCADE`.execute(db());
      const answer = await importVex(deps(), { document: JSON.parse(text) as unknown }, admin);
      expect(answer).toMatchObject({ annotated_count: 1, suppressed_count: 0 });
      expect(answer.skipped.join()).toMatch(/ends on a day is only noted/);
      expect(answer.skipped.length).toBeGreaterThanOrEqual(2);
      expect(await suppressed()).toEqual([]);
      expect(first.subject).toBeGreaterThan(0);
    },
  );

  test("as CycloneDX is valid by its schema", async () => {
    await decide();
    const document = checkCyclonedx(await textOf("cyclonedx")) as unknown as { vulnerabilities: { analysis: object }[] };
    expect(document.vulnerabilities.map(({ analysis }) => analysis)).toMatchObject([
      { state: "false_positive", detail: "the function is not there" },
      { state: "exploitable", response: ["will_not_fix"] },
    ]);
  });

  test.skipIf(!existsSync(schemaFile))(
    "as OpenVEX is valid by its schema (needs the shared corpus; set MUSTER_SHARED_DIR)",
    async () => {
      await decide();
      expect(schemaErrors("openvex", await textOf("openvex"))).toBeNull();
    },
  );

  test("as CSAF is valid by the standard's schema", async () => {
    await decide();
    expect(schemaErrors("csaf", await textOf("csaf"))).toBeNull();
    expect(schemaErrors("csaf", '{"document":{}}')).not.toBeNull();
  });

  test("as CSAF has what the standard's profile for VEX demands", async () => {
    await decide();
    const { document, product_tree, vulnerabilities } = JSON.parse(await textOf("csaf")) as CsafDocument;
    expect(document).toMatchObject({ category: "csaf_vex", csaf_version: "2.0" });
    expect(document.publisher).toEqual({ category: "user", name: "Example Ltd.", namespace: "https://muster.example.org" });
    const { status, version, revision_history, initial_release_date, current_release_date } = document.tracking;
    expect([status, version, revision_history.at(-1)?.number]).toEqual(["final", "1", "1"]);
    expect([initial_release_date, current_release_date].map((time) => Number.isNaN(Date.parse(time)))).toEqual([false, false]);
    const known = new Set(product_tree.full_product_names.map((product) => product.product_id));
    for (const vulnerability of vulnerabilities) {
      // §4.5: an id, notes, one of the statuses; a justification where not affected, what to do where affected
      expect(vulnerability.cve ?? vulnerability.ids?.[0]?.text).toBeTruthy();
      expect(vulnerability.notes.length).toBeGreaterThan(0);
      const { known_not_affected = [], known_affected = [] } = vulnerability.product_status;
      expect(new Set([...known_not_affected, ...known_affected]).isSubsetOf(known)).toBe(true);
      expect(new Set(vulnerability.threats?.flatMap((threat) => threat.product_ids))).toEqual(new Set(known_not_affected));
      expect(new Set(vulnerability.remediations?.flatMap((one) => one.product_ids))).toEqual(new Set(known_affected));
    }
    expect(vulnerabilities).toHaveLength(2);
  });
});

interface CsafDocument {
  document: {
    publisher: object;
    tracking: {
      status: string;
      version: string;
      revision_history: { number: string }[];
      initial_release_date: string;
      current_release_date: string;
    };
  };
  product_tree: { full_product_names: { product_id: string }[] };
  vulnerabilities: {
    cve?: string;
    ids?: { text: string }[];
    notes: unknown[];
    product_status: { known_not_affected?: string[]; known_affected?: string[] };
    threats?: { product_ids: string[] }[];
    remediations?: { product_ids: string[] }[];
  }[];
}
