import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** What is still needed of this process's heap, bytes: garbage is collected first, so that the answer does not depend on when V8 last did. */
export function liveHeap(): number {
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc") as NodeJS.GCFunction;
  collectGarbage({ type: "major", execution: "sync" });
  return process.memoryUsage().heapUsed;
}
