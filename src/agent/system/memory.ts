import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/**
 * A function that hands memory back to the system now. V8 keeps what a collection needed for the next one, which is an hour
 * away: an idle agent would hold 10 MB for nothing. Costs some 10 ms, so it is for the moment before a long wait.
 */
export function memoryReleaser(): () => void {
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc") as NodeJS.GCFunction;
  return () => {
    // The only flavour that gives back pages as well; its other effect, dropping compiled code, is welcome here.
    collectGarbage({ type: "major", execution: "sync", flavor: "last-resort" });
  };
}

/**
 * Keeps this process small, at its start: the optimizing compilers of V8 are code that an agent never earns back (it works for
 * some 100 ms an hour), and running them makes some 8 MB of Node's program resident.
 */
export function preferSmallProcess(): void {
  for (const flag of ["--no-opt", "--no-maglev", "--no-sparkplug"]) setFlagsFromString(flag);
}
