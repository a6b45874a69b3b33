/** A process that starts the embedded PostgreSQL in the given directory and holds it until it is killed. */
import { startEmbeddedPostgres } from "#server/database/embedded.ts";
import { createLog } from "#server/observe/log.ts";

const { url } = await startEmbeddedPostgres({ directory: process.argv[2] ?? "", log: createLog("silent") });
// the test ended without killing this process
process.once("disconnect", () => process.exit());
process.send?.(url);
