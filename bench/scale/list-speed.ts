import { setTimeout as delay } from "node:timers/promises";
import { HOST_SOFTWARE_ORDER_KEYS } from "#protocol/rest/host-software.ts";
import { HOST_ORDER_KEYS } from "#protocol/rest/hosts.ts";
import { TITLE_ORDER_KEYS, VERSION_ORDER_KEYS } from "#protocol/rest/software.ts";

/** One request of the UI or of a client, and how fast it must be at the size of a large fleet. */
export interface TimedList {
  name: string;
  path: string;
  /** Milliseconds that 95 of 100 answers stay below. */
  p95Max: number;
}

export interface ListFigure extends TimedList {
  /** Milliseconds of the very first answer; within a label with the time it took to count it. */
  first: number;
  p50: number;
  p95: number;
  bytes: number;
}

export interface ListStage {
  port: number;
  adminToken: string;
  query<R>(text: string, values?: unknown[]): Promise<R[]>;
}

const API = "/api/v1/fleet";
const ANSWERS = 40;

/** Asks for every list again and again, one at a time, as a person does. The first answer of each is told apart. */
export async function measureLists(
  stage: ListStage,
  lists: readonly TimedList[],
  say: (line: string) => void,
): Promise<ListFigure[]> {
  const figures: ListFigure[] = [];
  for (const list of lists) {
    const times: number[] = [];
    const asked = performance.now();
    let bytes = await fetchBytes(stage, list.path);
    const first = performance.now() - asked;
    for (let i = 0; i < ANSWERS; i++) {
      const started = performance.now();
      bytes = await fetchBytes(stage, list.path);
      times.push(performance.now() - started);
    }
    const sorted = times.toSorted((a, b) => a - b);
    const at = (share: number) => sorted[Math.ceil(sorted.length * share) - 1] ?? 0;
    figures.push({ ...list, first, p50: at(0.5), p95: at(0.95), bytes });
    say(
      `${list.name}: first ${first.toFixed(0)} ms, p50 ${at(0.5).toFixed(0)} ms, p95 ${at(0.95).toFixed(0)} ms${at(0.95) > list.p95Max ? `, over ${list.p95Max}` : ""}`,
    );
  }
  return figures;
}

/** The length of an answer. The first list within a large label is answered when the label's software is counted: it asks again. */
async function fetchBytes({ port, adminToken }: ListStage, path: string): Promise<number> {
  for (;;) {
    const reply = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { authorization: `Bearer ${adminToken}` } });
    const text = await reply.text();
    if (reply.ok) return text.length;
    const again = Number(reply.headers.get("retry-after"));
    if (reply.status !== 503 || again === 0) throw new Error(`${path}: status ${reply.status}: ${text.slice(0, 500)}`);
    await delay(again * 1000);
  }
}

/** Every list of hosts and software that the web UI and API clients ask for. */
export async function inventoryLists(stage: ListStage): Promise<TimedList[]> {
  const one = async (text: string) => Number((await stage.query<{ id: string }>(text))[0]?.id ?? 0);
  const host = await one("SELECT id FROM hosts ORDER BY software_count DESC LIMIT 1");
  const typical = await one("SELECT id FROM hosts ORDER BY abs(software_count - 700), id DESC LIMIT 1");
  const common = await one("SELECT title_id AS id FROM software_title_counts ORDER BY hosts_count DESC, title_id LIMIT 1");
  const rare = await one(
    "SELECT title_id AS id FROM software_title_counts WHERE hosts_count < 2000 ORDER BY hosts_count DESC LIMIT 1",
  );
  const version = await one("SELECT software_id AS id FROM software_counts ORDER BY hosts_count DESC LIMIT 1");
  const label = await one("SELECT label_id AS id FROM label_counts ORDER BY hosts_count DESC OFFSET 1 LIMIT 1");
  return [
    ...hostLists(common, version, label),
    ...oneHost(host, typical),
    ...softwareLists("titles", TITLE_ORDER_KEYS, label),
    ...softwareLists("versions", VERSION_ORDER_KEYS, label),
    ...questions(host, common),
    { name: "a title, the commonest", path: `${API}/software/titles/${common}`, p95Max: 50 },
    { name: "a version", path: `${API}/software/versions/${version}`, p95Max: 50 },
    { name: "holders of the commonest title", path: `${API}/hosts?software_title_id=${common}&per_page=50`, p95Max: 100 },
    { name: "holders of a rare title", path: `${API}/hosts?software_title_id=${rare}&per_page=50`, p95Max: 100 },
    { name: "holders of a version", path: `${API}/hosts?software_version_id=${version}&per_page=50`, p95Max: 100 },
    { name: "operating systems", path: `${API}/os_versions`, p95Max: 300 },
    { name: "labels", path: `${API}/labels`, p95Max: 300 },
    { name: "summary of hosts", path: `${API}/host_summary`, p95Max: 300 },
  ];
}

function hostLists(title: number, version: number, label: number): TimedList[] {
  const sorts = HOST_ORDER_KEYS.flatMap((key) =>
    ["asc", "desc"].map((way) => [`by ${key} ${way}`, `order_key=${key}&order_direction=${way}`]),
  );
  const filters = [
    ["online", "status=online"],
    ["missing", "status=missing"],
    ["windows", "platform=windows"],
    ["in a label", `label_id=${label}`],
    ["searched", "query=scale-77"],
    ["with a title, by name", `software_title_id=${title}&order_key=display_name&order_direction=asc`],
    ["with a version, online", `software_version_id=${version}&status=online`],
  ];
  const lists = [["first page", ""], ...sorts, ...filters].map(([name, query]) => ({
    name: `hosts ${name}`,
    path: `${API}/hosts?per_page=50&${query}`,
    p95Max: 300,
  }));
  return [...lists, { name: "hosts counted in a label", path: `${API}/hosts/count?label_id=${label}`, p95Max: 300 }];
}

function oneHost(host: number, typical: number): TimedList[] {
  const sorts = HOST_SOFTWARE_ORDER_KEYS.map((key) => ({
    name: `software of a host of 700 by ${key}`,
    path: `${API}/hosts/${typical}/software?per_page=50&order_key=${key}&order_direction=desc`,
    p95Max: 50,
  }));
  return [
    ...sorts,
    { name: "software of the fullest host", path: `${API}/hosts/${host}/software?per_page=50`, p95Max: 50 },
    { name: "software of a host of 700", path: `${API}/hosts/${typical}/software?per_page=50`, p95Max: 50 },
    { name: "software of a host, searched", path: `${API}/hosts/${typical}/software?per_page=50&query=lib`, p95Max: 50 },
    { name: "a host without software", path: `${API}/hosts/${typical}?exclude_software=true`, p95Max: 50 },
  ];
}

function softwareLists(kind: "titles" | "versions", keys: readonly string[], label: number): TimedList[] {
  const sorts = keys.flatMap((key) =>
    ["asc", "desc"].map((way) => [`by ${key} ${way}`, `order_key=${key}&order_direction=${way}`]),
  );
  const filters = [
    ["of one source", "source=programs"],
    ["of a vendor", "vendor=Microsoft%20Corporation"],
    ["in a label", `label_id=${label}`],
    ["searched", "query=openssl"],
    ["searched, a common word", "query=lib"],
    ["fifth page", "page=4"],
  ];
  return [...sorts, ...filters].map(([name, query]) => ({
    name: `${kind} ${name}`,
    path: `${API}/software/${kind}?per_page=50&${query}`,
    p95Max: 50,
  }));
}

/** What was when, and what is not used: no list of the present, so the limit is that of any list. */
function questions(host: number, title: number): TimedList[] {
  const yesterday = new Date(Date.now() - 86_400_000).toISOString();
  return [
    { name: "history of a host", path: `${API}/hosts/${host}/software/history` },
    { name: "history of the commonest title", path: `${API}/software/titles/${title}/history` },
    { name: "software of a host a day ago", path: `${API}/hosts/${host}/software?as_of=${yesterday}` },
    { name: "holders of the commonest title a day ago", path: `${API}/software/titles/${title}/hosts?as_of=${yesterday}` },
    { name: "adoption of the commonest title", path: `${API}/software/titles/${title}/adoption` },
    { name: "software not opened for 90 days", path: `${API}/software/unused?days=90` },
  ].map((list) => ({ ...list, p95Max: 300 }));
}
