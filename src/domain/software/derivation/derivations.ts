import { identityOf, type SoftwareEntry, type SoftwareIdentity } from "../software.ts";

/**
 * A change of how names or titles are derived from what devices report (decision 0006). Stored software knows the version it was
 * derived with; a job brings older rows up to date (server/inventory/titles/rederive-catalogue.ts), and reports that still use older
 * names are translated on arrival.
 */
export interface Derivation {
  version: number;
  /** What changed, for the log and the documentation. */
  what: string;
  /**
   * The identity that this version gives to software that the version before named `identity`; the same object when it changes
   * nothing. What cannot be computed from the stored identity (a display name that no row holds) is left alone here: those rows are
   * carried over host by host, by their paths, as reports with the new names arrive (domain/inventory/renames.ts).
   */
  identity(identity: SoftwareIdentity): SoftwareIdentity;
}

/** All changes since version 1, in order. Add to the end; never change or remove one. */
export const DERIVATIONS: readonly Derivation[] = [
  {
    version: 2,
    what: "Windows programs are titled without version, architecture and language (title-name.ts); names stay as they are.",
    identity: (identity) => identity,
  },
];

/** The version of rules that hold in `derivations`. */
export function derivationVersion(derivations: readonly Derivation[] = DERIVATIONS): number {
  return derivations.at(-1)?.version ?? 1;
}

/** What software that was named under version `since` is called now. */
export function deriveIdentity(
  identity: SoftwareIdentity,
  since: number,
  derivations: readonly Derivation[] = DERIVATIONS,
): SoftwareIdentity {
  return derivations.filter((d) => d.version > since).reduce((known, d) => d.identity(known), identity);
}

/** A reported entry under its present name. */
export function deriveEntry(
  entry: SoftwareEntry,
  since: number,
  derivations: readonly Derivation[] = DERIVATIONS,
): SoftwareEntry {
  const before = identityOf(entry);
  const derived = deriveIdentity(before, since, derivations);
  return derived === before ? entry : { ...entry, ...derived };
}
