import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useApplyEnrollSecrets } from "../../data/mutations.ts";
import { enrollSecretsQuery } from "../../data/queries.ts";
import { Answer, fieldErrors, FormFailure } from "../../parts/answers.tsx";
import { Confirm } from "../../parts/confirm.tsx";
import { CopyButton } from "../../parts/copyable.tsx";
import { A } from "../../parts/link.tsx";
import { notify } from "../../parts/notices.tsx";
import { RelativeTime } from "../../parts/relative-time.tsx";
import { paths } from "../../paths.ts";
import { Button, IconButton } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { TextField } from "../../ui/field.tsx";
import { Form, FormEnd } from "../../ui/form.tsx";
import { HideIcon, PlusIcon, ShowIcon, TrashIcon } from "../../ui/icons.ts";
import { Cluster, Panel, Prose } from "../../ui/layout.tsx";
import { SimpleTable } from "../../ui/simple-table.tsx";
import { Mono } from "../../ui/text.tsx";
import { randomSecret, secretProblem } from "./secrets.ts";

interface Secret {
  secret: string;
  created_at: string;
}

export function EnrollmentTab() {
  const secrets = useQuery(enrollSecretsQuery);
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<Secret | null>(null);
  return (
    <Panel
      title="Enroll secrets"
      note="with one of these a new device may join"
      action={
        <Button icon={PlusIcon} onClick={() => setAdding(true)}>
          Add a secret
        </Button>
      }
      flush
    >
      <Answer of={secrets} what="enroll secrets">
        {(list) => (
          <>
            <SimpleTable
              label="Enroll secrets"
              head={["Secret", "Made", "Actions"]}
              rows={list.map((s) => ({
                key: s.secret,
                cells: [
                  <SecretCell key="s" secret={s.secret} />,
                  <RelativeTime key="t" time={s.created_at} />,
                  <Button
                    key="a"
                    look="quiet"
                    icon={TrashIcon}
                    blocked={list.length === 1 ? "At least one secret must remain: add another first" : undefined}
                    onClick={() => setRemoving(s)}
                  >
                    Remove
                  </Button>,
                ],
              }))}
            />
            {adding && <AddSecret list={list} onClose={() => setAdding(false)} />}
            {removing !== null && <RemoveSecret list={list} secret={removing} onClose={() => setRemoving(null)} />}
          </>
        )}
      </Answer>
      <Prose>
        <p>
          Devices that have enrolled stay enrolled when a secret goes. To replace one: add a new secret, give it to your
          installations, then remove the old one. <A href={paths.addDevice()}>Add a device</A> shows ready commands.
        </p>
      </Prose>
    </Panel>
  );
}

function SecretCell({ secret }: { secret: string }) {
  const [shown, setShown] = useState(false);
  return (
    <Cluster gap={1}>
      <Mono>{shown ? secret : "•".repeat(24)}</Mono>
      <IconButton
        label={shown ? "Hide the secret" : "Show the secret"}
        icon={shown ? HideIcon : ShowIcon}
        aria-pressed={shown}
        onClick={() => setShown(!shown)}
      />
      <CopyButton text={secret} label="Copy the secret" />
    </Cluster>
  );
}

function AddSecret({ list, onClose }: { list: readonly Secret[]; onClose: () => void }) {
  const [secret, setSecret] = useState(randomSecret);
  const apply = useApplyEnrollSecrets();
  const problem = secretProblem(
    secret,
    list.map((s) => s.secret),
  );
  const save = () =>
    problem === undefined &&
    apply.mutate(
      [...list, { secret }].map((s) => ({ secret: s.secret })),
      {
        onSuccess: () => {
          notify({ tone: "ok", word: "Added", text: "Devices may enrol with the new secret now." });
          onClose();
        },
      },
    );
  return (
    <Dialog title="Add an enroll secret" onClose={onClose}>
      <Form onSubmit={save}>
        <TextField
          label="Secret"
          hint="A random one is proposed; you may write your own of 16 characters or more."
          value={secret}
          error={problem}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => setSecret(event.target.value)}
        />
        <FormFailure text={Object.values(fieldErrors(apply.error))[0]} />
        <FormEnd>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={apply.isPending} blocked={problem}>
            Add the secret
          </Button>
        </FormEnd>
      </Form>
    </Dialog>
  );
}

function RemoveSecret({ list, secret, onClose }: { list: readonly Secret[]; secret: Secret; onClose: () => void }) {
  const apply = useApplyEnrollSecrets();
  const remove = () =>
    apply.mutate(
      list.filter((s) => s.secret !== secret.secret).map((s) => ({ secret: s.secret })),
      {
        onSuccess: () => {
          notify({ tone: "ok", word: "Removed", text: "No device can enrol with that secret any more." });
          onClose();
        },
      },
    );
  return (
    <Confirm
      title="Remove this enroll secret"
      action="Remove the secret"
      busy={apply.isPending}
      error={apply.error}
      onConfirm={remove}
      onClose={onClose}
    >
      <Prose>
        <p>
          The secret that begins with <Mono>{secret.secret.slice(0, 6)}</Mono> stops working for new devices at once.
          Installations that still carry it cannot enrol. Devices that have enrolled are not affected.
        </p>
      </Prose>
    </Confirm>
  );
}
