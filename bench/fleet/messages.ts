import type { LoadResult, Percentiles } from "./load.ts";

/** What the bench asks of its generator process. */
export type GeneratorCommand =
  | { kind: "start"; port: number; hosts: number; musterHosts: number; enrollSecret: string; adminToken: string }
  | { kind: "enroll" | "musterEnroll"; connections: number }
  /** A check-in of osquery: read, then write. `first` goes once through the hosts: the first so many, or those after so many. */
  | { kind: "first"; connections: number; seconds: number; hosts?: number; after?: number }
  | { kind: "unchanged" | "changed"; connections: number; seconds: number }
  /** The write of an unchanged check-in, without the read before it. */
  | { kind: "rewrite"; connections: number; seconds: number }
  | { kind: "poll"; connections: number; seconds: number }
  /** Check-ins of Muster's agent; `first` sends all rows as well. */
  | { kind: "musterFirst" | "musterUnchanged" | "musterPoll"; connections: number; seconds: number }
  | { kind: "get"; path: string; connections: number; seconds: number }
  /** Posts to any path what the hosts would write, or small bodies: for the bare servers. */
  | { kind: "post"; port: number; path: string; size: "write" | "poll"; connections: number; seconds: number }
  /** What some hosts should now hold. */
  | { kind: "expect"; hosts: number }
  /** How many links all hosts together should now have. */
  | { kind: "expectLinks" };

export interface ExpectedHost {
  hostname: string;
  /** Distinct software by the server's own pure rules. */
  software: number;
}

/** Load as seen from the generator. */
export interface LoadReport extends LoadResult {
  latency: Percentiles;
  /** Rows of software sent. */
  rows: number;
  /** Check-ins with at least one row that differs from the host's last one. */
  changedReports: number;
  /** Bytes of bodies sent. */
  bytes: number;
  /** CPU seconds of the generator itself, user and system. */
  cpu: number;
  /** For `get`: the bytes of one answer. */
  answerBytes: number;
}

export type GeneratorReply =
  | { ok: true; report: LoadReport }
  | { ok: true; expected: ExpectedHost[] }
  | { ok: true; links: number }
  | { ok: true }
  | { ok: false; error: string };
