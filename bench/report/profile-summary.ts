/** V8's CPU profile, as far as it is read here. */
export interface CpuProfile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number }; children?: number[] }[];
  samples: number[];
  /** Microseconds between samples. */
  timeDeltas: number[];
}

const FUNCTIONS_SHOWN = 40;

/** Where a thread's time went: by part (own folders, packages, the runtime), then by function; self time, percent of busy time. */
export function summariseProfile(profile: CpuProfile): string {
  const frames = new Map(profile.nodes.map((node) => [node.id, node.callFrame]));
  const byPart = new Map<string, number>();
  const byFunction = new Map<string, number>();
  let busy = 0;
  let idle = 0;
  for (const [i, sample] of profile.samples.entries()) {
    const frame = frames.get(sample);
    const delta = profile.timeDeltas[i] ?? 0;
    if (frame === undefined || frame.functionName === "(idle)") {
      idle += delta;
      continue;
    }
    busy += delta;
    add(byPart, partOf(frame), delta);
    add(byFunction, `${frame.functionName || "(anonymous)"} ${placeOf(frame)}`, delta);
  }
  const total = busy + idle;
  return [
    `busy ${(busy / 1e6).toFixed(1)} s of ${(total / 1e6).toFixed(1)} s (${((busy / total) * 100).toFixed(0)} %)`,
    "",
    ...top(byPart, busy, 30),
    "",
    ...top(byFunction, busy, FUNCTIONS_SHOWN),
  ].join("\n");
}

function add(map: Map<string, number>, key: string, value: number): void {
  map.set(key, (map.get(key) ?? 0) + value);
}

function top(map: Map<string, number>, whole: number, count: number): string[] {
  const sorted = [...map].toSorted((a, b) => b[1] - a[1]).slice(0, count);
  return sorted.map(([name, time]) => `${((time / whole) * 100).toFixed(1).padStart(5)} %  ${name}`);
}

function partOf({ functionName, url }: CpuProfile["nodes"][number]["callFrame"]): string {
  const dependency = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
  if (dependency !== undefined) return `package ${dependency}`;
  const own = /\/src\/((?:server\/)?[^/]+)/.exec(url)?.[1];
  if (own !== undefined) return `src/${own}`;
  if (url.startsWith("node:")) return url.split("/")[0] ?? "node";
  return functionName.startsWith("(") ? functionName : "native";
}

function placeOf({ url, lineNumber }: CpuProfile["nodes"][number]["callFrame"]): string {
  const short = url.replace(/^.*\/(node_modules|src)\//, "$1/");
  return short === "" ? "" : `${short}:${lineNumber + 1}`;
}
