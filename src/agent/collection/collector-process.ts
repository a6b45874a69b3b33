import { loadRegistry } from "../sources/registries.ts";
import type { RegistryName } from "../sources/registries.ts";
import { directCollector } from "./collector.ts";
import type { CollectJob } from "./collector.ts";

/**
 * The process that collects, started by `process-collector.ts`: takes one job at a time as a message and answers with its
 * result. It holds no key, no secret and no connection; whatever a hostile file does to it, the agent lives.
 */
export interface CollectMessage {
  registry: RegistryName;
  job: CollectJob;
}

const running = new AbortController();
const { signal } = running;

process.on("message", (message) => {
  void answer(message as CollectMessage);
});
// The agent has ended, or has no more work for this process.
process.on("disconnect", () => process.exit(0));

async function answer({ registry, job }: CollectMessage): Promise<void> {
  const result = await directCollector(await loadRegistry(registry)).collect(job, signal);
  process.send?.(result);
}
