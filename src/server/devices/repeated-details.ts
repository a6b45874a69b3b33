import { hash } from "node:crypto";
import { BoundedMap } from "#domain/core/bounded-map.ts";
import type { DevicesDeps } from "./deps.ts";
import type { NodeSession } from "./authenticate-node.ts";
import { type HostFacts, volatileColumns } from "./host-facts.ts";
import { updateHostDetails } from "./update-host-details.ts";

/** About 300 bytes each. */
const HOSTS_MAX = 200_000;
/** Smaller than the steps that are worth a write (host-details-store.ts), so that what is skipped can be off by little more than one. */
const RESTART_STEP_MS = 60_000;
const DISK_STEP_GIGABYTES = 0.5;

/** Facts that were compared with a host's row, and when that row had last changed. */
interface ComparedFacts {
  updatedAt: number;
  lasting: string;
  gigabytes: number | null;
  percent: number | null;
  restartedAt: number | null;
}

type Known = Pick<NodeSession, "host_id" | "agent" | "updated_at">;

/**
 * {@link updateHostDetails} for facts that come again with every report: as long as the host's row is as it was when the same facts were
 * last compared with it (`hosts.updated_at` tells), they cost no statement.
 */
export class RepeatedDetails {
  readonly #compared = new BoundedMap<string, ComparedFacts>(HOSTS_MAX);

  /** Are these facts the ones that the host's row was last compared with? @param session as read for this very call */
  isRepeated(session: Known, reported: Partial<HostFacts>, now: Date): boolean {
    const known = this.#compared.get(keyOf(session));
    return known !== undefined && known.updatedAt === session.updated_at.getTime() && isSame(known, summary(reported, now));
  }

  /** @param session as read for this very call */
  async update(deps: Pick<DevicesDeps, "db" | "now">, session: Known, reported: Partial<HostFacts>): Promise<void> {
    const now = deps.now();
    const facts = summary(reported, now);
    const known = this.#compared.get(keyOf(session));
    if (known !== undefined && known.updatedAt === session.updated_at.getTime() && isSame(known, facts)) return;
    const written = await updateHostDetails({ db: deps.db, now: () => now }, session.host_id, reported);
    this.#compared.set(keyOf(session), { ...facts, updatedAt: (written ? now : session.updated_at).getTime() });
  }
}

function keyOf({ agent, host_id }: Known): string {
  return `${agent} ${host_id}`;
}

function summary(reported: Partial<HostFacts>, now: Date): Omit<ComparedFacts, "updatedAt"> {
  const { uptime_seconds: uptime, disk_available_bytes: _available, ...lasting } = reported;
  const disk = volatileColumns(reported);
  return {
    lasting: hash("sha256", JSON.stringify(lasting), "base64url"),
    gigabytes: disk["gigs_disk_space_available"] === undefined ? null : Number(disk["gigs_disk_space_available"]),
    percent: disk["percent_disk_space_available"] === undefined ? null : Number(disk["percent_disk_space_available"]),
    restartedAt: uptime === undefined ? null : now.getTime() - uptime * 1000,
  };
}

function isSame(known: ComparedFacts, facts: Omit<ComparedFacts, "updatedAt">): boolean {
  return (
    known.lasting === facts.lasting &&
    known.percent === facts.percent &&
    isNear(known.gigabytes, facts.gigabytes, DISK_STEP_GIGABYTES) &&
    isNear(known.restartedAt, facts.restartedAt, RESTART_STEP_MS)
  );
}

function isNear(a: number | null, b: number | null, step: number): boolean {
  return a === null || b === null ? a === b : Math.abs(a - b) < step;
}
