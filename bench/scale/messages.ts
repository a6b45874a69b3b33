/** What the orchestrator tells the process that plays the live fleet, as its only argument (JSON). */
export interface LivePlan {
  port: number;
  /** Devices in all. */
  devices: number;
  /** By prototype, in the order the devices were made of them: the index that its software was made with. */
  prototypes: number[];
  /** Seconds between two polls of a device. */
  pollSeconds: number;
  /** Seconds of the run. */
  seconds: number;
  connections: number;
  /** Of 1,000 check-ins, so many bring a device whose software changed (1 % of its rows are other versions). */
  changedPerMille: number;
}

/** What it found. Latencies count from the moment a device should have sent, not from when it could. */
export interface LiveReport {
  seconds: number;
  polls: Figures;
  checkIns: Figures;
  /** Of the check-ins: with changed rows. */
  changed: number;
  rows: number;
  errors: number;
  errorSamples: string[];
  /** CPU seconds of this process. */
  cpuSeconds: number;
  /** Devices that were asked for a report and had it accepted. */
  reported: number;
  /** Rows of software that the devices that reported hold now. */
  expectedLinks: number;
  /** Requests that were due and not yet sent when the run ended: more than a moment's worth means the rate was not held. */
  backlog: number;
}

export interface Figures {
  count: number;
  perSecond: number;
  p50: number;
  p95: number;
  p99: number;
  max: number;
}

/** The key of the nth device that was made. */
export function scaleNodeKey(n: number): string {
  return `scale-key-${n}-0123456789`;
}
