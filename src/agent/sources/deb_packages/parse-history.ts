/**
 * Follows apt's history of what it did (`/var/log/apt/history.log`, apt.conf(5) Dir::Log::History): paragraphs in order of time,
 * each with `Requested-By: <user> (<uid>)` when the request came through sudo or polkit, and the packages by what was done to them.
 *
 * Whoever asked for a package's installation, by name or as a dependency, installed it; an upgrade by somebody else changes
 * nothing about that. A request without a name (root's own, unattended upgrades) leaves it unknown.
 *
 * @param installedBy user by package name; what earlier files said, changed in place
 */
export function followAptHistory(text: string, installedBy: Map<string, string>): void {
  for (const paragraph of text.split(/\n\n+/)) {
    const user = /^Requested-By: (\S+) \(\d+\)$/m.exec(paragraph)?.[1];
    for (const line of paragraph.split("\n")) {
      const colon = line.indexOf(": ");
      const verb = line.slice(0, colon);
      if (verb === "Install" || verb === "Reinstall") {
        for (const name of packageNames(line.slice(colon + 2))) {
          if (user === undefined) installedBy.delete(name);
          else installedBy.set(name, user);
        }
      } else if (verb === "Remove" || verb === "Purge") {
        for (const name of packageNames(line.slice(colon + 2))) installedBy.delete(name);
      }
    }
  }
}

/** `foo:amd64 (1.0-1), libfoo:amd64 (1.0-1, automatic)`: the names, without architecture, as the rows have them. */
function packageNames(list: string): string[] {
  return [...list.matchAll(/(?:^|\), )([a-z0-9][a-z0-9+.-]*):[a-z0-9-]+ \(/g)].map((match) => match[1] ?? "");
}

/** apt's history files in order of time: the higher the number, the older (logrotate(8)). */
export function historyFiles(names: readonly string[]): string[] {
  const numbered = names.flatMap((name) => {
    const match = /^history\.log(?:\.(\d{1,4})(?:\.gz)?)?$/.exec(name);
    return match === null ? [] : [{ name, age: Number(match[1] ?? 0) }];
  });
  return numbered.toSorted((a, b) => b.age - a.age).map(({ name }) => name);
}
