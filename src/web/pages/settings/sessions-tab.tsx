import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useChangePassword, useEndSession } from "../../data/mutations.ts";
import { meQuery, sessionsQuery } from "../../data/queries.ts";
import { Answer, explain, fieldErrors, FormFailure } from "../../parts/answers.tsx";
import { notify } from "../../parts/notices.tsx";
import { RelativeTime } from "../../parts/relative-time.tsx";
import { Button } from "../../ui/button.tsx";
import { PasswordField } from "../../ui/field.tsx";
import { Form, FormEnd } from "../../ui/form.tsx";
import { Columns, Facts, Panel, Stack } from "../../ui/layout.tsx";
import { SimpleTable } from "../../ui/simple-table.tsx";

const PASSWORD_MIN = 12;

/** The reader's own account: who they are, their password, where they are logged in. */
export function SessionsTab() {
  const me = useQuery(meQuery);
  return (
    <Answer of={me} what="account">
      {({ user }) => (
        <Stack gap={8}>
          <Columns min="medium">
            <Panel title="Account">
              <Facts
                facts={[
                  { label: "Name", value: user.name },
                  { label: "E-mail", value: user.email },
                  { label: "Role", value: user.global_role === "admin" ? "Administrator" : (user.global_role ?? "none") },
                  { label: "Made", value: <RelativeTime time={user.created_at} /> },
                ]}
              />
            </Panel>
            <Panel title="Password">
              <PasswordForm userId={user.id} />
            </Panel>
          </Columns>
          <Sessions userId={user.id} />
        </Stack>
      )}
    </Answer>
  );
}

function PasswordForm({ userId }: { userId: number }) {
  const [form, setForm] = useState({ password: "", new_password: "" });
  const change = useChangePassword(userId);
  const errors = fieldErrors(change.error);
  const save = () =>
    change.mutate(form, {
      onSuccess: () => {
        setForm({ password: "", new_password: "" });
        notify({ tone: "ok", word: "Changed", text: "Your password is new. Your other sessions have ended." });
      },
    });
  const blocked =
    form.password === "" || form.new_password.length < PASSWORD_MIN
      ? `Enter your present password and a new one of at least ${PASSWORD_MIN} characters`
      : undefined;
  return (
    <Form onSubmit={save} label="Change your password">
      <PasswordField
        label="Present password"
        autoComplete="current-password"
        value={form.password}
        error={errors["password"]}
        onChange={(event) => setForm({ ...form, password: event.target.value })}
      />
      <PasswordField
        label="New password"
        autoComplete="new-password"
        hint={`At least ${PASSWORD_MIN} characters. Your other sessions end.`}
        value={form.new_password}
        error={errors["new_password"]}
        onChange={(event) => setForm({ ...form, new_password: event.target.value })}
      />
      <FormFailure text={errors["base"]} />
      <FormEnd>
        <Button type="submit" busy={change.isPending} blocked={blocked}>
          Change the password
        </Button>
      </FormEnd>
    </Form>
  );
}

function Sessions({ userId }: { userId: number }) {
  const sessions = useQuery(sessionsQuery(userId));
  const end = useEndSession();
  const stop = (id: number) =>
    end.mutate(id, { onError: (error) => notify({ tone: "bad", word: "Not ended", text: explain(error) }) });
  return (
    <Panel title="Sessions" note="where you are logged in: browsers and command lines" flush>
      <Answer of={sessions} what="list of your sessions">
        {(list) => (
          <SimpleTable
            label="Sessions"
            head={["Session", "Begun", "Last used", "Actions"]}
            rows={list.map((s) => ({
              key: String(s.session_id),
              cells: [
                `No. ${s.session_id}`,
                <RelativeTime key="b" time={s.created_at} />,
                <RelativeTime key="u" time={s.accessed_at} />,
                <Button key="a" look="quiet" onClick={() => stop(s.session_id)}>
                  End
                </Button>,
              ],
            }))}
          />
        )}
      </Answer>
    </Panel>
  );
}
