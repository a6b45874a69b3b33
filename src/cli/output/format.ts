/** A time of the API as `2026-01-31 12:00:00Z`: exact, sortable, in UTC. Empty for none; what is no time is shown as it is. */
export function formatTime(time: string | null | undefined): string {
  if (time === null || time === undefined || time === "") return "";
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? time : date.toISOString().replace("T", " ").replace(/\.\d+/, "");
}

/** Bytes as binary units: `15.6 GiB`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  const power = bytes < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${power === 0 ? String(value) : value.toFixed(1)} ${units[power]}`;
}

/** A span of seconds in its two greatest units: `3 d 4 h`, `12 min`. */
export function formatSeconds(seconds: number): string {
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor((seconds % 86_400) / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  if (days > 0) return `${days} d ${hours} h`;
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min`;
}

/** A count with its noun: `1 device`, `1,204 devices`. */
export function formatCount(count: number, one: string, many: string): string {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}
