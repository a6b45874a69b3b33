import type { SoftwareEvent, SoftwareEventKind } from "#protocol/rest/history.ts";

export const EVENT_LABELS: Record<SoftwareEventKind, string> = {
  installed: "Installed",
  updated: "Updated",
  removed: "Removed",
  renamed: "Renamed",
  first_seen: "First seen",
};

type Software = SoftwareEvent["software"];

/** `version-release`, as the package manager writes it; words for none. */
export function versionWords(software: Software): string {
  const version = software.version || "no version";
  return software.release ? `${version}-${software.release}` : version;
}

/** What an event changed, from and to: versions, of a rename the names; `to` is null where nothing took its place. */
export function changeWords(event: SoftwareEvent): { from: string; to: string | null } {
  const { software, next } = event;
  if (next === null) return { from: versionWords(software), to: null };
  if (event.event === "renamed") return { from: software.name, to: next.name };
  return { from: versionWords(software), to: versionWords(next) };
}

/** The name to show: after a rename the new one. */
export function nameWords(event: SoftwareEvent): string {
  return event.event === "renamed" && event.next !== null ? event.next.name : event.software.name;
}

/** Events of one report belong together: they have one host and one time. */
export function byReport(events: readonly SoftwareEvent[]): SoftwareEvent[][] {
  return [...Map.groupBy(events, (event) => `${event.host.id} ${event.time}`).values()];
}
