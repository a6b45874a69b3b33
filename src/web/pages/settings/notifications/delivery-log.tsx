import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { NotificationDelivery, NotificationRule } from "#protocol/rest/notifications.ts";
import { deliveriesQuery, useReplay } from "../../../data/notifications.ts";
import { LIVE } from "../../../data/queries.ts";
import { Answer, explain } from "../../../parts/answers.tsx";
import { countOf, formatCount } from "../../../parts/format.ts";
import { notify } from "../../../parts/notices.tsx";
import { RelativeTime } from "../../../parts/relative-time.tsx";
import { Button } from "../../../ui/button.tsx";
import { Select } from "../../../ui/field.tsx";
import { Cluster, Panel, Stack } from "../../../ui/layout.tsx";
import { SimpleTable } from "../../../ui/simple-table.tsx";
import { State, type StateTone } from "../../../ui/state.tsx";
import { Quiet } from "../../../ui/text.tsx";
import { UntilTime } from "../../../parts/until-time.tsx";

const PER_PAGE = 50;
const STATES: Readonly<Record<NotificationDelivery["state"], { tone: StateTone; word: string }>> = {
  waiting: { tone: "busy", word: "Waiting" },
  delivered: { tone: "ok", word: "Delivered" },
  failed: { tone: "bad", word: "Failed" },
};
const STATE_OPTIONS = (["waiting", "delivered", "failed"] as const).map((value) => ({ value, label: STATES[value].word }));

/** The messages of the last 30 days and how each went; each can be sent again. */
export function DeliveryLog({ rules }: { rules: readonly NotificationRule[] }) {
  const [rule, setRule] = useState<string>();
  const [state, setState] = useState<NotificationDelivery["state"]>();
  const [page, setPage] = useState(0);
  const query = {
    page,
    per_page: PER_PAGE,
    ...(rule === undefined ? {} : { rule_id: Number(rule) }),
    ...(state === undefined ? {} : { state }),
  };
  const log = useQuery({ ...deliveriesQuery(query), refetchInterval: LIVE.device });
  return (
    <Panel
      title="Messages"
      note={log.data === undefined ? "of the last 30 days" : `${countOf(log.data.count, "message")} of the last 30 days`}
      action={
        <>
          <Select
            label="Rule"
            any="Any rule"
            value={rule}
            options={rules.map(({ id, name }) => ({ value: String(id), label: name }))}
            onChoose={(id) => {
              setRule(id);
              setPage(0);
            }}
          />
          <Select
            label="State"
            any="Any state"
            value={state}
            options={STATE_OPTIONS}
            onChoose={(next) => {
              setState(next);
              setPage(0);
            }}
          />
        </>
      }
      flush
    >
      <Answer of={log} what="log of messages">
        {({ deliveries, meta }) => (
          <Stack gap={2}>
            {deliveries.length === 0 ? (
              <Quiet>No message {rule === undefined && state === undefined ? "yet" : "matches"}.</Quiet>
            ) : (
              <DeliveryTable deliveries={deliveries} rules={rules} />
            )}
            {(page > 0 || meta.has_next_results) && (
              <Cluster>
                {page > 0 && <Button onClick={() => setPage(page - 1)}>Newer</Button>}
                {meta.has_next_results && <Button onClick={() => setPage(page + 1)}>Older</Button>}
              </Cluster>
            )}
          </Stack>
        )}
      </Answer>
    </Panel>
  );
}

function DeliveryTable({
  deliveries,
  rules,
}: {
  deliveries: readonly NotificationDelivery[];
  rules: readonly NotificationRule[];
}) {
  return (
    <SimpleTable
      label="Messages"
      head={["When", "Rule", "About", "State", "Actions"]}
      rows={deliveries.map((delivery) => ({
        key: String(delivery.id),
        cells: [
          <RelativeTime key="when" time={delivery.created_at} />,
          rules.find(({ id }) => id === delivery.rule_id)?.name ?? "a rule that is gone",
          <Stack key="about" gap={1}>
            <span>
              {delivery.vulnerabilities_count === 0
                ? "test message"
                : countOf(delivery.vulnerabilities_count, "vulnerability", "vulnerabilities")}
            </span>
            {delivery.replay_of !== null && <Quiet small>sent again</Quiet>}
          </Stack>,
          <Delivered key="state" of={delivery} />,
          <ReplayButton key="again" of={delivery} />,
        ],
      }))}
    />
  );
}

function Delivered({ of }: { of: NotificationDelivery }) {
  const { tone, word } = STATES[of.state];
  const status = of.status === null ? "" : `, answered ${of.status}`;
  return (
    <Stack gap={1}>
      <State tone={tone}>{word}</State>
      <Quiet small>
        {of.attempts === 0
          ? "not tried yet"
          : `${formatCount(of.attempts)} ${of.attempts === 1 ? "attempt" : "attempts"}${status}`}
        {of.state === "waiting" && of.attempts > 0 && (
          <>
            , next <UntilTime time={of.next_attempt_at} />
          </>
        )}
      </Quiet>
      {of.error !== null && <Quiet small>{of.error}</Quiet>}
    </Stack>
  );
}

function ReplayButton({ of }: { of: NotificationDelivery }) {
  const replay = useReplay();
  const send = () =>
    replay.mutate(of.id, {
      onSuccess: () => notify({ tone: "ok", word: "Sent", text: "The same content goes out as a new message." }),
      onError: (error) => notify({ tone: "bad", word: "Not sent", text: explain(error) }),
    });
  return (
    <Button
      look="quiet"
      busy={replay.isPending}
      blocked={of.state === "waiting" ? "It has not been given up yet" : undefined}
      aria-label={`Send message ${of.id} again`}
      onClick={send}
    >
      Send again
    </Button>
  );
}
