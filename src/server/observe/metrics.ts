import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

/** Seconds; from a database round trip to the longest held request. */
const DURATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/**
 * One process's metrics. Asking twice for one name gives the same instrument, so that each part can name what it counts where
 * it counts it. Names start with `muster_` and end with their unit (`_seconds`, `_bytes`) or `_total`.
 */
export interface Metrics {
  counter<L extends string = never>(name: string, help: string, labels?: readonly L[]): Counter<L>;
  gauge<L extends string = never>(name: string, help: string, labels?: readonly L[]): Gauge<L>;
  histogram<L extends string = never>(name: string, help: string, labels?: readonly L[], buckets?: number[]): Histogram<L>;
  /** Runs before each {@link text}: for gauges whose value is read, not counted. */
  onCollect(collect: () => void | Promise<void>): void;
  /** Prometheus' text format. */
  text(): Promise<string>;
  contentType: string;
}

/** Makes an empty registry, with the process's own figures (memory, CPU, event loop) when `processMetrics` is set. */
export function createMetrics(options: { processMetrics?: boolean } = {}): Metrics {
  const registry = new Registry();
  if (options.processMetrics === true) collectDefaultMetrics({ register: registry, prefix: "muster_" });
  const collectors: (() => void | Promise<void>)[] = [];
  const registers = [registry];
  return {
    counter: (name, help, labels = []) => find(registry, name) ?? new Counter({ name, help, labelNames: labels, registers }),
    gauge: (name, help, labels = []) => find(registry, name) ?? new Gauge({ name, help, labelNames: labels, registers }),
    histogram: (name, help, labels = [], buckets = DURATION_BUCKETS) =>
      find(registry, name) ?? new Histogram({ name, help, labelNames: labels, buckets, registers }),
    onCollect: (collect) => void collectors.push(collect),
    async text() {
      await Promise.all(collectors.map(async (collect) => collect()));
      return await registry.metrics();
    },
    contentType: registry.contentType,
  };
}

function find<M>(registry: Registry, name: string): M | undefined {
  return registry.getSingleMetric(name) as M | undefined;
}
