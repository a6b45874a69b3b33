import type { Database } from "../../database/tables.ts";
import { deliveriesInsertInTx, type NewDelivery } from "./delivery-store.ts";
import { affectedHosts, dueRulesLockInTx, itemsTakeInTx, type DueRule } from "./digest-store.ts";
import { fleetPayload, messageVulnerability, type Message } from "./message.ts";

/** Vulnerabilities that one message names; the others are counted. */
const NAMED_MAX = 500;
/** Messages of Fleet's form made at once: it has one for each vulnerability. */
const FLEET_MAX = 200;
const SOFTWARE_MAX = 20;
const HOSTS_MAX = 1000;

export interface DigestDeps {
  db: Database;
  now: () => Date;
  /** Where people reach the web interface. */
  origin: string;
}

/**
 * Makes messages of what rules have gathered, in one transaction: what was gathered goes as the message comes.
 *
 * @returns how many messages were made
 */
export async function makeDigests(deps: DigestDeps): Promise<number> {
  return deps.db.transaction().execute(async (tx) => {
    let made = 0;
    for (const rule of await dueRulesLockInTx(tx, deps.now())) {
      // oxlint-disable-next-line no-await-in-loop -- one transaction is one connection
      const deliveries = rule.payload === "fleet" ? await fleetMessages(tx, rule, deps) : await digest(tx, rule, deps);
      // oxlint-disable-next-line no-await-in-loop
      await deliveriesInsertInTx(tx, deliveries, deps.now());
      made += deliveries.length;
    }
    return made;
  });
}

async function digest(tx: Database, rule: DueRule, deps: DigestDeps): Promise<NewDelivery[]> {
  const taken = await itemsTakeInTx(tx, rule.id, { limit: NAMED_MAX, softwareMax: SOFTWARE_MAX, rest: "taken" });
  const message: Message = {
    type: "vulnerabilities_found",
    timestamp: deps.now().toISOString(),
    rule: { id: rule.id, name: rule.name },
    vulnerabilities_count: taken.count,
    vulnerabilities: taken.vulnerabilities.map((found) => messageVulnerability(found, deps.origin)),
  };
  return taken.count === 0 ? [] : [{ rule_id: rule.id, payload: message, vulnerabilities_count: taken.count }];
}

async function fleetMessages(tx: Database, rule: DueRule, deps: DigestDeps): Promise<NewDelivery[]> {
  const { vulnerabilities } = await itemsTakeInTx(tx, rule.id, { limit: FLEET_MAX, softwareMax: SOFTWARE_MAX, rest: "kept" });
  const ids = vulnerabilities.map((found) => found.vulnerability_id);
  const hosts = await affectedHosts(tx, ids, HOSTS_MAX);
  return vulnerabilities.map((found) => ({
    rule_id: rule.id,
    payload: fleetPayload({ ...found, hosts: hosts.get(found.vulnerability_id) ?? [] }, deps.origin, deps.now()),
    vulnerabilities_count: 1,
  }));
}
