import type { Database } from "../../database/tables.ts";
import { countedExposures } from "../matching/count-exposures.ts";
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
  const hosts = await hostsOfLabel(
    tx,
    rule,
    taken.vulnerabilities.map((found) => found.vulnerability_id),
  );
  const message: Message = {
    type: "vulnerabilities_found",
    timestamp: deps.now().toISOString(),
    rule: { id: rule.id, name: rule.name },
    vulnerabilities_count: taken.count,
    vulnerabilities: taken.vulnerabilities.map((found) => {
      const hosts_count = hosts === null ? found.hosts_count : (hosts.get(found.vulnerability_id) ?? 0);
      return messageVulnerability({ ...found, hosts_count }, deps.origin);
    }),
  };
  return taken.count === 0 ? [] : [{ rule_id: rule.id, payload: message, vulnerabilities_count: taken.count }];
}

async function fleetMessages(tx: Database, rule: DueRule, deps: DigestDeps): Promise<NewDelivery[]> {
  const { vulnerabilities } = await itemsTakeInTx(tx, rule.id, { limit: FLEET_MAX, softwareMax: SOFTWARE_MAX, rest: "kept" });
  const ids = vulnerabilities.map((found) => found.vulnerability_id);
  const hosts = await affectedHosts(tx, ids, { limit: HOSTS_MAX, labelId: rule.label_id });
  return vulnerabilities.map((found) => ({
    rule_id: rule.id,
    payload: fleetPayload({ ...found, hosts: hosts.get(found.vulnerability_id) ?? [] }, deps.origin, deps.now()),
    vulnerabilities_count: 1,
  }));
}

/** How many hosts of a rule's label have each of these; null: the rule asks for no label. */
async function hostsOfLabel(tx: Database, { label_id }: DueRule, ids: readonly number[]): Promise<Map<number, number> | null> {
  if (label_id === null) return null;
  const counted = await countedExposures(tx, ids, label_id);
  return new Map(counted.map(({ vulnerability_id, hosts_count }) => [vulnerability_id, hosts_count]));
}
