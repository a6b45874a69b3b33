import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { NotificationRule } from "#protocol/rest/notifications.ts";
import { labelNamesQuery } from "../../../data/label-queries.ts";
import { notificationRulesQuery, useDeleteRule, useTestRule } from "../../../data/notifications.ts";
import { Answer, explain } from "../../../parts/answers.tsx";
import { Confirm } from "../../../parts/confirm.tsx";
import { notify } from "../../../parts/notices.tsx";
import { Button } from "../../../ui/button.tsx";
import { PlusIcon } from "../../../ui/icons.ts";
import { Cluster, Panel, Prose, Stack } from "../../../ui/layout.tsx";
import { SimpleTable } from "../../../ui/simple-table.tsx";
import { State } from "../../../ui/state.tsx";
import { Mono, Quiet } from "../../../ui/text.tsx";
import { DeliveryLog } from "./delivery-log.tsx";
import { RuleDialog } from "./rule-dialog.tsx";
import { batchWords, conditionWords, targetWords } from "./rule-words.ts";

/** Who is told of new vulnerabilities, and how the messages went. */
export function NotificationsTab() {
  const rules = useQuery(notificationRulesQuery);
  const [editing, setEditing] = useState<NotificationRule | "new" | null>(null);
  return (
    <Stack gap={8}>
      <Panel
        title="Rules"
        note="tell of new vulnerabilities by webhook or e-mail"
        action={
          <Button icon={PlusIcon} onClick={() => setEditing("new")}>
            New notification
          </Button>
        }
        flush
      >
        <Answer of={rules} what="list of notification rules">
          {(all) => (all.length === 0 ? <NoRules /> : <RuleTable rules={all} onEdit={setEditing} />)}
        </Answer>
      </Panel>
      {rules.data !== undefined && rules.data.length > 0 && <DeliveryLog rules={rules.data} />}
      {editing !== null && (
        <RuleDialog
          key={editing === "new" ? "new" : editing.id}
          rule={editing === "new" ? null : editing}
          onClose={() => setEditing(null)}
        />
      )}
    </Stack>
  );
}

function NoRules() {
  return (
    <Prose>
      <p>
        Nobody is told yet. A rule says which new vulnerabilities a webhook or people are told of: by severity, EPSS,
        exploitation, label.
      </p>
    </Prose>
  );
}

function RuleTable({ rules, onEdit }: { rules: readonly NotificationRule[]; onEdit: (rule: NotificationRule) => void }) {
  const labels = useQuery(labelNamesQuery).data ?? [];
  const labelName = (id: number) => labels.find((label) => label.id === id)?.name ?? `label ${id}`;
  const [deleting, setDeleting] = useState<NotificationRule | null>(null);
  return (
    <>
      <SimpleTable
        label="Notification rules"
        head={["Name", "Tells of", "To", "State", "Actions"]}
        rows={rules.map((rule) => ({
          key: String(rule.id),
          cells: [
            rule.name,
            <Stack key="asked" gap={1}>
              <span>{conditionWords(rule, labelName)}</span>
              <Quiet small>{batchWords(rule)}</Quiet>
            </Stack>,
            <Stack key="to" gap={1}>
              <Mono>{targetWords(rule)}</Mono>
              <Quiet small>{rule.channel === "email" ? "e-mail" : rule.signed ? "webhook, signed" : "webhook"}</Quiet>
            </Stack>,
            <State key="state" tone={rule.enabled ? "ok" : "idle"}>
              {rule.enabled ? "On" : "Off"}
            </State>,
            <Cluster key="act">
              <TestButton rule={rule} />
              <Button look="quiet" aria-label={`Change ${rule.name}`} onClick={() => onEdit(rule)}>
                Change…
              </Button>
              <Button look="quiet" aria-label={`Delete ${rule.name}`} onClick={() => setDeleting(rule)}>
                Delete…
              </Button>
            </Cluster>,
          ],
        }))}
      />
      {deleting !== null && <DeleteRule rule={deleting} onClose={() => setDeleting(null)} />}
    </>
  );
}

function TestButton({ rule }: { rule: NotificationRule }) {
  const test = useTestRule();
  const send = () =>
    test.mutate(rule.id, {
      onSuccess: () => notify({ tone: "ok", word: "Sent", text: "The log below tells how its delivery went." }),
      onError: (error) => notify({ tone: "bad", word: "Not sent", text: explain(error) }),
    });
  return (
    <Button look="quiet" busy={test.isPending} aria-label={`Send a test message of ${rule.name}`} onClick={send}>
      Test
    </Button>
  );
}

function DeleteRule({ rule, onClose }: { rule: NotificationRule; onClose: () => void }) {
  const remove = useDeleteRule();
  const destroy = () =>
    remove.mutate(rule.id, {
      onSuccess: () => {
        notify({ tone: "ok", word: "Deleted", text: `${rule.name} tells of nothing any more.` });
        onClose();
      },
    });
  return (
    <Confirm
      title={`Delete ${rule.name}`}
      action={`Delete ${rule.name}`}
      busy={remove.isPending}
      error={remove.error}
      onConfirm={destroy}
      onClose={onClose}
    >
      <Prose>
        <p>Its messages go with it, those that were not delivered yet included.</p>
      </Prose>
    </Confirm>
  );
}
