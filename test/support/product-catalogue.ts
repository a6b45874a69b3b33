import { readdirSync, readFileSync } from "node:fs";
import {
  compileCatalogue,
  joinFiles,
  type LocalCorrection,
  type ProductCatalogue,
} from "#domain/vulnerability/identity/catalogue.ts";
import { emptySoftwareEntry, type SoftwareEntry, type SoftwareFacts } from "#domain/software/software.ts";
import { osScope, scopeOfSource } from "#domain/vulnerability/identity/os-scope.ts";
import { resolveIdentity } from "#domain/vulnerability/identity/resolve-identity.ts";
import type { OsScope, SubjectIdentity } from "#domain/vulnerability/model.ts";
import { type CatalogueFile, readCatalogueFile } from "#server/vulnerabilities/identity/catalogue-schema.ts";

const FOLDER = new URL("../../src/domain/vulnerability/identity/catalogue/", import.meta.url);

/** The files of the catalogue that ships, by name. */
export function shippedFiles(): Map<string, CatalogueFile> {
  const names = readdirSync(FOLDER).toSorted();
  return new Map(names.map((name) => [name, readCatalogueFile(readFileSync(new URL(name, FOLDER), "utf8"))]));
}

/** The catalogue that ships, with these corrections and used keys. */
export function shippedCatalogue(local: { corrections?: LocalCorrection[]; used?: string[] } = {}): ProductCatalogue {
  const files = [...shippedFiles().values()];
  const used = new Set(local.used);
  return compileCatalogue(joinFiles(files), {
    corrections: local.corrections ?? [],
    isUsedKey: (key) => used.has(key),
  });
}

export const SCOPES = {
  windows: osScope({ platform: "windows", name: "", version: "" }),
  darwin: osScope({ platform: "darwin", name: "", version: "" }),
  linux: osScope({ platform: "debian", name: "Debian GNU/Linux", version: "12 (bookworm)" }),
} as const;

type Row = Partial<Omit<SoftwareEntry, "facts">> & SoftwareFacts & { software_id?: number; title_id?: number };

/** The identity of a row as it is told for a host of this kind. */
export function identify(catalogue: ProductCatalogue, source: string, row: Row, scope: OsScope): SubjectIdentity {
  return resolveIdentity({ ...emptySoftwareEntry(source), ...row }, scopeOfSource(source, scope), catalogue);
}

/** `ecosystem package version` of every key. */
export function keysOf(identity: SubjectIdentity): string[] {
  return identity.keys.map((key) => `${key.ecosystem} ${key.package} ${key.version}`);
}
