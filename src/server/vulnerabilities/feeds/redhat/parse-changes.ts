import { FeedError, type FeedInput } from "../feed.ts";
import { lines } from "../formats/json-values.ts";

export interface RedhatChange {
  /** Relative to the folder of the list: `2023/cve-2023-6240.json`. */
  path: string;
  /** Name of the record: `CVE-2023-6240`. */
  name: string;
  /** ISO 8601. */
  time: string;
}

const LINE = /^"(\d{4}\/(cve-\d{4}-\d+)\.json)","(\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d))"$/u;

/**
 * The lines of `changes.csv` or `deletions.csv` that are later than a time, oldest first.
 *
 * @throws {FeedError} when a line is not as Red Hat writes them: then nobody knows what changed
 */
export async function redhatChanges(input: FeedInput, since: string): Promise<RedhatChange[]> {
  const from = Date.parse(since);
  const changes: (RedhatChange & { at: number })[] = [];
  for await (const line of lines(input)) {
    if (line.trim() === "") continue;
    const parts = LINE.exec(line.trim());
    if (parts === null) throw new FeedError(`${input.name} holds a line that is no path and time: ${line.slice(0, 80)}`);
    const [, path = "", name = "", time = ""] = parts;
    const at = Date.parse(time);
    if (at > from) changes.push({ path, name: name.toUpperCase(), time, at });
  }
  return changes.toSorted((a, b) => a.at - b.at).map(({ path, name, time }) => ({ path, name, time }));
}
