import type { HostDetails } from "#protocol/agent/messages.ts";

const TEXT_MAX = 255;
const SHORT_TEXT_MAX = 64;
const SHORT = new Set(["platform", "platform_like", "arch", "primary_ip", "primary_mac", "timezone"]);

/** Texts cut to the protocol's lengths: a firmware's odd text must not make the whole report unacceptable. */
export function bounded(details: HostDetails): HostDetails {
  const entries = Object.entries(details).map(([name, value]) => {
    if (typeof value === "number") return [name, Number.isSafeInteger(value) && value >= 0 ? value : 0];
    return [
      name,
      value
        .replaceAll("\u0000", "")
        .slice(0, SHORT.has(name) ? SHORT_TEXT_MAX : TEXT_MAX)
        .toWellFormed(),
    ];
  });
  return Object.fromEntries(entries) as HostDetails;
}
