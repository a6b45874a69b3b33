import { directoryOf, filesOfPart, fingerprintOf, scanDirectory, type RecognisedFile } from "./directory.ts";
import { FeedError } from "../feed.ts";
import { directoryProblemsPut, type DirectoryProblem } from "./directory-problem-store.ts";
import { missingPartsPut } from "./missing-part-store.ts";
import { extractedDirectory, type EngineDeps } from "./engine-deps.ts";
import { fleetNeeds, isFromFuture, partList, partsWant, type FeedPart, type PartMemory } from "./part-store.ts";

export type LoadableDeps = Pick<EngineDeps, "db" | "feeds" | "config" | "now">;

/** Keeps the list of wanted parts in step with the fleet: a distribution's release is wanted when its first host appears. */
export async function wantParts({ db, feeds, now }: LoadableDeps): Promise<void> {
  const needs = await fleetNeeds(db, now());
  const wanted = feeds.flatMap((feed) => feed.parts(needs).map((part) => ({ feed: feed.name, part })));
  await partsWant(db, wanted, now());
}

/** What there is to load now. */
interface DueParts {
  parts: FeedPart[];
  /** Files of the directory; null: publishers are asked. */
  files: RecognisedFile[] | null;
  /** The directory is an archive that has to be extracted first. */
  extract: boolean;
}

/** Parts that are wanted and whose time has come, the one that was tried longest ago first. */
export async function dueParts(deps: LoadableDeps): Promise<DueParts> {
  const { db, feeds, config, now } = deps;
  const known = new Set(feeds.map((feed) => feed.name));
  const at = now();
  const all = await partList(db);
  const ready = all.filter(
    (part) =>
      part.wanted &&
      known.has(part.feed) &&
      (part.next_attempt_at === null || part.next_attempt_at <= at || isFromFuture(part, at)),
  );
  const byAge = ready.toSorted((a, b) => (a.attempted_at?.getTime() ?? 0) - (b.attempted_at?.getTime() ?? 0));
  const builtIn = new Set(feeds.filter((feed) => feed.builtIn).map((feed) => feed.name));
  if (config.feedsDir === null) {
    const parts = config.feeds ? byAge : byAge.filter((part) => builtIn.has(part.feed));
    return { parts, files: null, extract: false };
  }
  const directory = await knownDirectory(db, config.feedsDir, extractedDirectory(config));
  if (directory === null) return { parts: [], files: [], extract: true };
  const problems: DirectoryProblem[] = [];
  const files = await scanDirectory(directory, feeds, problems);
  await directoryProblemsPut(db, problems);
  const isMissing = (part: FeedPart) => !builtIn.has(part.feed) && filesOfPart(files, part.feed, part.part).length === 0;
  await missingPartsPut(
    db,
    all.filter((part) => part.wanted && known.has(part.feed) && isMissing(part)),
  );
  return { parts: byAge.filter((part) => builtIn.has(part.feed) || isChanged(part, files)), files, extract: false };
}

/** As {@link directoryOf}; what is wrong with it is noted for the status. @throws {FeedError} */
async function knownDirectory(db: LoadableDeps["db"], path: string, extractedRoot: string): Promise<string | null> {
  try {
    return await directoryOf(path, extractedRoot);
  } catch (error) {
    if (error instanceof FeedError) await directoryProblemsPut(db, [{ path, error: error.message }]);
    throw error;
  }
}

function isChanged(part: FeedPart, files: RecognisedFile[]): boolean {
  const own = filesOfPart(files, part.feed, part.part);
  return own.length > 0 && (part.cursor as PartMemory | null)?.files !== fingerprintOf(own);
}
