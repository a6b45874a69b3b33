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
