import { Snapshot } from "../../database/snapshot.ts";
import type { Database } from "../../database/tables.ts";
import type { Download } from "../../http/download.ts";
import { notFound, unprocessable } from "../../http/errors.ts";
import { fileName } from "../../http/export-rows.ts";
import { componentOf } from "./component.ts";
import { cyclonedxDocument } from "./cyclonedx.ts";
import type { SbomContent } from "./document.ts";
import { sbomKeysQuery, sbomQuery, sbomSubject, type SbomScope, type SbomSubject } from "./sbom-store.ts";
import { sbomVulnerabilitiesQuery } from "./sbom-vulnerability-store.ts";
import { spdxDocument } from "./spdx.ts";

export type SbomFormat = "cyclonedx" | "spdx";

const FORMATS = {
  cyclonedx: { write: cyclonedxDocument, contentType: "application/vnd.cyclonedx+json; version=1.6", ending: "cdx.json" },
  spdx: { write: spdxDocument, contentType: "application/spdx+json; version=2.3", ending: "spdx.json" },
} as const;

/**
 * A bill of materials of a host, of a label's hosts or of the fleet, now or at a moment of the past.
 *
 * @throws {HttpError} 404 when there is no such host or label, 422 for a moment that is yet to come
 */
export async function exportSbom(
  deps: { db: Database; now: () => Date },
  scope: SbomScope,
  format: SbomFormat,
  at?: Date,
  withVulnerabilities = true,
): Promise<Download> {
  if (at !== undefined && at > deps.now())
    throw unprocessable("as_of", "The moment is yet to come: leave as_of out for the present.");
  const subject = await sbomSubject(deps.db, scope);
  if (subject === undefined) {
    throw notFound("id", `There is no ${scope.kind} ${scope.kind === "fleet" ? "" : scope.id}.`);
  }
  const { write, contentType, ending } = FORMATS[format];
  const name = fileName(`${scope.kind === "fleet" ? "fleet" : `${scope.kind}-${scope.id}`}-sbom`);
  // findings of the past are not kept: a document of a past moment has none
  const vulnerable = withVulnerabilities && at === undefined;
  return { contentType, filename: `${name}.${ending}`, chunks: inSnapshot(deps.db, scope, subject, { at, vulnerable }, write) };
}

/** Who was in a label at a moment of the past is not kept. */
function noteOn(scope: SbomScope, at: Date | undefined): string | null {
  return scope.kind === "label" && at !== undefined
    ? "The software that the label's present devices had at that time; who was in the label then is not known."
    : null;
}

/** Where the software of a scope never changed, its beginning stands for the moment: the same content gives the same bytes. */
const NEVER = new Date(0);

async function* inSnapshot(
  db: Database,
  scope: SbomScope,
  subject: SbomSubject,
  { at, vulnerable }: { at: Date | undefined; vulnerable: boolean },
  write: (content: SbomContent) => AsyncGenerator<string, void, void>,
): Download["chunks"] {
  const snapshot = await Snapshot.open(db);
  try {
    yield* write({
      subject,
      at: at ?? subject.changed_at ?? NEVER,
      note: noteOn(scope, at),
      components: async function* () {
        for await (const rows of snapshot.batches(sbomQuery(snapshot.db, scope, at))) yield rows.map(componentOf);
      },
      keys: async function* () {
        const batches = snapshot.batches(sbomKeysQuery(snapshot.db, scope, at));
        for await (const rows of batches) yield rows.map((row) => row.checksum.toString("hex"));
      },
      vulnerabilities: vulnerable ? () => snapshot.batches(sbomVulnerabilitiesQuery(snapshot.db, scope)) : null,
    });
  } finally {
    await snapshot.close();
  }
}
