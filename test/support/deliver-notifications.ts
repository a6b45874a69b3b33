/** A process that delivers the notifications that are due in a database, and is killed before it can note what became of them. */
import { openDatabase } from "#server/database/pools.ts";
import { createLog } from "#server/observe/log.ts";
import { deliverMessages } from "#server/vulnerabilities/notifications/deliver-messages.ts";
import { createSecretBox } from "#server/vulnerabilities/notifications/secret-box.ts";

const { primary: db } = openDatabase({ url: process.argv[2] ?? "", replicaUrl: null, log: createLog("silent"), max: 2 });
// the test ended without killing this process
process.once("disconnect", () => process.exit());
// as the test that starts this program has it
const secrets = createSecretBox(["a key of the tests that is long enough"], "");
await deliverMessages({ db, now: () => new Date(), random: () => 0, mailer: null, secrets });
process.send?.("delivered");
