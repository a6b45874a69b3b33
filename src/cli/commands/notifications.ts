import { Option } from "commander";
import type { Command } from "commander";
import { api } from "#client/api.ts";
import type { EndpointInput } from "#protocol/endpoint.ts";
import type { createNotificationRule, NotificationDelivery, NotificationRule } from "#protocol/rest/notifications.ts";
import { connect } from "../connection.ts";
import type { ServerOptions } from "../connection.ts";
import { CliError, EXIT } from "../exit-codes.ts";
import type { CliIo } from "../io.ts";
import { formatTime } from "../output/format.ts";
import { printJson, printLines, printNote, printTable } from "../output/print.ts";
import type { Column } from "../output/table.ts";
import { visible } from "../output/visible.ts";
import { readList } from "../pages.ts";
import { addExamples } from "./describe.ts";
import { given } from "./given.ts";
import { addLengthOptions, parseId } from "./list-options.ts";
import type { LengthOptions } from "./list-options.ts";
import { printList } from "./print-list.ts";

type RuleBody = EndpointInput<typeof createNotificationRule>["body"];
type Conditions = NotificationRule["conditions"];

/** `muster notifications`. */
export function addNotifications(program: Command, io: CliIo): void {
  const group = program
    .command("notifications")
    .summary("tell of new findings by webhook or e-mail")
    .description("Rules that tell of new findings by webhook or e-mail, and the log of what was delivered.");
  addRules(group, io);
  addCreate(group, io);
  addSwitches(group, io);
  addTest(group, io);
  addDeliveries(group, io);
  addReplay(group, io);
}

/** What a rule asks for, in words. */
function conditionsText({ min_severity, min_epss, kev, label_id, sources, states }: Conditions): string {
  const words = [
    ...(min_severity === undefined ? [] : [min_severity === "critical" ? "critical" : `${min_severity} or worse`]),
    ...(min_epss === undefined ? [] : [`EPSS from ${min_epss}`]),
    ...(kev === true ? ["known to be exploited"] : []),
    ...(label_id === undefined ? [] : [`label ${label_id}`]),
    ...(sources === undefined || sources.length === 0 ? [] : [sources.join(" or ")]),
    ...(states === undefined || states.length === 0 ? [] : [states.join(" or ")]),
  ];
  return words.length === 0 ? "every finding" : words.join(", ");
}

const RULE_COLUMNS: readonly Column<NotificationRule>[] = [
  { title: "ID", value: (rule) => rule.id, align: "right" },
  { title: "NAME", value: (rule) => rule.name, shrinks: true },
  { title: "ON", value: (rule) => (rule.enabled ? "yes" : "no") },
  { title: "TELLS OF", value: (rule) => conditionsText(rule.conditions), shrinks: true },
  { title: "TO", value: (rule) => rule.url ?? rule.recipients.join(", "), shrinks: true },
];

function addRules(group: Command, io: CliIo): void {
  const command = group
    .command("rules")
    .summary("list rules")
    .description("List the rules: what each tells of, and whom. Secrets are not shown.")
    .addOption(new Option("--wide", "do not fit the table to the terminal").conflicts("json"))
    .option("--json", "print the API's answer as JSON")
    .action(async () => {
      const options: ServerOptions & { wide?: true; json?: true } = command.optsWithGlobals();
      const { call } = await connect(io, options);
      const { rules } = await call(api.listNotificationRules, {});
      if (options.json === true) return printJson(io, { rules });
      if (rules.length === 0) return printNote(io, "No rules found.");
      printTable(io, RULE_COLUMNS, rules, options);
    });
}

interface CreateOptions extends ServerOptions {
  webhook?: string;
  email?: string[];
  minSeverity?: NonNullable<Conditions["min_severity"]>;
  minEpss?: number;
  kev?: true;
  label?: number;
  source?: string[];
  state?: string[];
  fleetPayload?: true;
  allowPrivate?: true;
  batchSeconds?: number;
  json?: true;
}

function addCreate(group: Command, io: CliIo): void {
  const command = group
    .command("create")
    .summary("make a rule")
    .description(
      "Make a rule: every condition that is given must hold. A webhook's messages are signed; the secret is made by the server and shown once, here.",
    )
    .argument("<name>", "the name of the rule")
    .addOption(new Option("--webhook <url>", "post to this address").conflicts("email"))
    .option("--email <address...>", "send to these addresses")
    .addOption(new Option("--min-severity <severity>", "at least this severe").choices(["critical", "high", "medium", "low"]))
    .addOption(new Option("--min-epss <probability>", "at least this probable to be exploited, 0 to 1").argParser(Number))
    .option("--kev", "only what is known to be exploited")
    .addOption(new Option("--label <id>", "only on a device of this label").argParser(parseId))
    .option("--source <source...>", "only software of these sources; operating_systems for operating systems")
    .addOption(
      new Option("--state <state...>", "only findings in these states").choices([
        "affected",
        "unfixed",
        "will_not_fix",
        "deferred",
        "possible",
      ]),
    )
    .addOption(new Option("--batch-seconds <n>", "what is found within this time goes out together").argParser(Number))
    .option("--fleet-payload", "one message for each vulnerability, in the form of Fleet's webhook")
    .option("--allow-private", "the webhook may lead to this machine and to private networks")
    .option("--json", "print the API's answer as JSON")
    .action(async (name: string) => create(io, name, command.optsWithGlobals()));
  addExamples(command, [
    ['muster notifications create Exploited --kev --webhook "https://chat.example.com/hook"', "post what is exploited"],
    ["muster notifications create Servers --min-severity high --label 3 --email security@example.com", "mail of one label"],
  ]);
}

async function create(io: CliIo, name: string, options: CreateOptions): Promise<void> {
  const body = ruleBody(name, options);
  const { call } = await connect(io, options);
  const answer = await call(api.createNotificationRule, { body });
  if (options.json === true) return printJson(io, answer);
  const { rule, signing_secret } = answer;
  printLines(io, [`Rule ${rule.id} tells of ${visible(conditionsText(rule.conditions))}.`]);
  if (signing_secret !== null) {
    printLines(io, [`Signing secret: ${signing_secret}`]);
    printNote(io, "It is shown this once. The receiver checks the header Muster-Signature with it.");
  }
  printNote(io, `muster notifications test ${rule.id} sends a test.`);
}

function ruleBody(name: string, options: CreateOptions): RuleBody {
  const { webhook, email } = options;
  if (webhook === undefined && email === undefined) {
    throw new CliError(EXIT.usage, "Say whom to tell: --webhook with an address, or --email with addresses.");
  }
  const conditions = given({
    min_severity: options.minSeverity,
    min_epss: options.minEpss,
    kev: options.kev,
    label_id: options.label,
    sources: options.source,
    states: options.state,
  });
  return given({
    name,
    channel: webhook === undefined ? "email" : "webhook",
    url: webhook,
    recipients: email,
    conditions,
    payload: options.fleetPayload === true ? "fleet" : undefined,
    allow_private_addresses: options.allowPrivate,
    batch_seconds: options.batchSeconds,
  }) as RuleBody;
}

const RULE = "the rule, as `muster notifications rules` shows it";

function addSwitches(group: Command, io: CliIo): void {
  for (const enabled of [true, false]) {
    const word = enabled ? "enable" : "disable";
    const command = group
      .command(word)
      .summary(enabled ? "switch a rule on" : "switch a rule off")
      .description(enabled ? "Switch a rule on: it tells of what is found from now on." : "Switch a rule off, and keep it.")
      .argument("<rule>", RULE, parseId)
      .action(async (id: number) => {
        const { call } = await connect(io, command.optsWithGlobals<ServerOptions>());
        const { rule } = await call(api.updateNotificationRule, { params: { id }, body: { enabled } });
        printLines(io, [`Rule ${rule.id}, ${visible(rule.name)}, is ${enabled ? "on" : "off"}.`]);
      });
  }
  const command = group
    .command("delete")
    .summary("delete a rule")
    .description("Delete a rule, and the log of what it delivered.")
    .argument("<rule>", RULE, parseId)
    .action(async (id: number) => {
      const { call } = await connect(io, command.optsWithGlobals<ServerOptions>());
      await call(api.deleteNotificationRule, { params: { id } });
      printLines(io, [`Rule ${id} is deleted.`]);
    });
}

function addTest(group: Command, io: CliIo): void {
  const command = group
    .command("test")
    .summary("send a test message")
    .description("Send a message without vulnerabilities, as every other one is sent: `deliveries` tells how that went.")
    .argument("<rule>", RULE, parseId)
    .option("--json", "print the API's answer as JSON")
    .action(async (id: number) => {
      const options: ServerOptions & { json?: true } = command.optsWithGlobals();
      const { call } = await connect(io, options);
      const answer = await call(api.testNotificationRule, { params: { id } });
      if (options.json === true) return printJson(io, answer);
      printLines(io, [`Message ${answer.delivery.id} is on its way.`]);
      printNote(io, `muster notifications deliveries --rule ${id} tells how it went.`);
    });
  addExamples(command, [["muster notifications test 2", "send a test to whom rule 2 tells"]]);
}

const DELIVERY_COLUMNS: readonly Column<NotificationDelivery>[] = [
  { title: "ID", value: (one) => one.id, align: "right" },
  { title: "RULE", value: (one) => one.rule_id, align: "right" },
  { title: "MADE", value: (one) => formatTime(one.created_at) },
  { title: "STATE", value: (one) => one.state },
  { title: "ATTEMPTS", value: (one) => one.attempts, align: "right" },
  { title: "FINDINGS OF", value: (one) => one.vulnerabilities_count, align: "right" },
  { title: "NEXT", value: (one) => formatTime(one.next_attempt_at) },
  { title: "ERROR", value: (one) => one.error ?? "", shrinks: true },
];

function addDeliveries(group: Command, io: CliIo): void {
  const command = group
    .command("deliveries")
    .summary("list messages")
    .description("The messages of the last 30 days, newest first, and how their delivery went.")
    .addOption(new Option("--rule <id>", "only of this rule").argParser(parseId))
    .addOption(new Option("--state <state>", "only these").choices(["waiting", "delivered", "failed"]));
  addLengthOptions(command).action(async () => {
    const options: LengthOptions & { rule?: number; state?: NotificationDelivery["state"] } = command.optsWithGlobals();
    const { call } = await connect(io, options);
    const filter = given({ rule_id: options.rule, state: options.state });
    const answer = await readList("deliveries", options.all === true ? null : options.limit, async (page) =>
      call(api.listNotificationDeliveries, { query: { ...filter, order_key: "id", order_direction: "desc", ...page } }),
    );
    printList(io, options, { answer, rows: answer.deliveries, columns: DELIVERY_COLUMNS, noun: ["message", "messages"] });
  });
  addExamples(command, [["muster notifications deliveries --state failed", "what never arrived"]]);
}

function addReplay(group: Command, io: CliIo): void {
  const command = group
    .command("replay")
    .summary("send a message again")
    .description("Send a message again, as a new one with an idempotency key of its own.")
    .argument("<id>", "the message, as `muster notifications deliveries` shows it", parseId)
    .option("--json", "print the API's answer as JSON")
    .action(async (id: number) => {
      const options: ServerOptions & { json?: true } = command.optsWithGlobals();
      const { call } = await connect(io, options);
      const answer = await call(api.replayNotification, { params: { id } });
      if (options.json === true) return printJson(io, answer);
      printLines(io, [`Message ${id} is sent again as message ${answer.delivery.id}.`]);
    });
  addExamples(command, [["muster notifications replay 17", "send message 17 again"]]);
}
