/** The catalogue changed under a check-in (an orphan sweep, a correction of titles); the check-in starts over. */
export class CatalogueRaceError extends Error {
  override readonly name = "CatalogueRaceError";
}
