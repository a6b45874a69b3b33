import type { Job } from "../../jobs/job.ts";
import { deliveriesForget } from "./delivery-store.ts";
import { deliverMessages, type DeliverDeps } from "./deliver-messages.ts";
import { makeDigests, type DigestDeps } from "./make-digests.ts";
import { sealSecrets } from "./seal-secrets.ts";
import { sortEvents } from "./sort-events.ts";

/** Days that the delivery log goes back. */
const LOG_DAYS = 30;
const DAY_MS = 86_400_000;

/** Background work of notifications. */
export function notificationsJobs(deps: DeliverDeps & DigestDeps): Job[] {
  return [
    {
      name: "vulnerabilities-notify",
      everySeconds: 10,
      run: async (_payload, { signal, log }) => {
        const findings = await sortEvents(deps, signal);
        const messages = await makeDigests(deps);
        if (findings + messages > 0) log.info({ findings, messages }, "sorted new findings under the rules of notifications");
      },
    },
    {
      // apart from the sorting: a receiver that answers slowly must not hold that up
      name: "vulnerabilities-deliver-notifications",
      everySeconds: 10,
      run: async (_payload, { signal, log }) => {
        const attempts = await deliverMessages(deps, signal);
        if (attempts > 0) log.info({ attempts }, "delivered notifications");
      },
    },
    {
      // soon after each start: keys change with a restart
      name: "vulnerabilities-seal-secrets",
      everySeconds: 3600,
      run: async (_payload, { log }) => {
        const sealed = await sealSecrets(deps);
        if (sealed > 0) log.info({ sealed }, "sealed signing secrets with the present key");
      },
    },
    {
      name: "vulnerabilities-forget-notifications",
      everySeconds: 86_400,
      run: async () => deliveriesForget(deps.db, new Date(deps.now().getTime() - LOG_DAYS * DAY_MS)),
    },
  ];
}
