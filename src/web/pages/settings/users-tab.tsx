import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { User } from "#protocol/rest/access.ts";
import { useDeleteUser } from "../../data/mutations.ts";
import { meQuery, usersQuery } from "../../data/queries.ts";
import { Answer } from "../../parts/answers.tsx";
import { Confirm } from "../../parts/confirm.tsx";
import { notify } from "../../parts/notices.tsx";
import { RelativeTime } from "../../parts/relative-time.tsx";
import { Button } from "../../ui/button.tsx";
import { KeyIcon, PlusIcon, TrashIcon } from "../../ui/icons.ts";
import { Cluster, Panel, Prose, Stack } from "../../ui/layout.tsx";
import { SimpleTable } from "../../ui/simple-table.tsx";
import { Quiet, Tag } from "../../ui/text.tsx";
import { AddApiUser } from "./add-api-user.tsx";
import { AddPerson } from "./add-person.tsx";

/** People, and API-only users with their tokens. */
export function UsersTab() {
  const users = useQuery(usersQuery);
  const [adding, setAdding] = useState<"person" | "api" | null>(null);
  return (
    <Stack gap={8}>
      <Answer of={users} what="list of users">
        {({ users: all }) => (
          <>
            <Panel
              title="People"
              action={
                <Button icon={PlusIcon} onClick={() => setAdding("person")}>
                  Add a person
                </Button>
              }
              flush
            >
              <UserTable label="People" users={all.filter((u) => !u.api_only)} />
            </Panel>
            <Panel
              title="API-only users"
              note="programs that call the REST API with a token"
              action={
                <Button icon={KeyIcon} onClick={() => setAdding("api")}>
                  Add an API-only user
                </Button>
              }
              flush
            >
              <ApiUsers users={all.filter((u) => u.api_only)} />
            </Panel>
          </>
        )}
      </Answer>
      {adding === "person" && <AddPerson onClose={() => setAdding(null)} />}
      {adding === "api" && <AddApiUser onClose={() => setAdding(null)} />}
    </Stack>
  );
}

function ApiUsers({ users }: { users: readonly User[] }) {
  if (users.length > 0) return <UserTable label="API-only users" users={users} />;
  return (
    <Prose>
      <p>None yet. Add one for each program, so that each token can be taken back alone.</p>
    </Prose>
  );
}

function UserTable({ label, users }: { label: string; users: readonly User[] }) {
  const me = useQuery(meQuery).data?.user.id;
  const [deleting, setDeleting] = useState<User | null>(null);
  return (
    <>
      <SimpleTable
        label={label}
        head={["Name", "E-mail", "Role", "Made", "Actions"]}
        rows={users.map((user) => ({
          key: String(user.id),
          cells: [
            <Cluster key="n">
              {user.name}
              {user.id === me && <Tag>you</Tag>}
            </Cluster>,
            user.email,
            user.global_role === "admin" ? "Administrator" : (user.global_role ?? <Quiet>none: sees only themselves</Quiet>),
            <RelativeTime key="t" time={user.created_at} />,
            <Button
              key="a"
              look="quiet"
              icon={TrashIcon}
              blocked={user.id === me ? "You cannot delete yourself; another administrator can" : undefined}
              onClick={() => setDeleting(user)}
            >
              Delete
            </Button>,
          ],
        }))}
      />
      {deleting !== null && <DeleteUser user={deleting} onClose={() => setDeleting(null)} />}
    </>
  );
}

function DeleteUser({ user, onClose }: { user: User; onClose: () => void }) {
  const remove = useDeleteUser();
  const destroy = () =>
    remove.mutate(user.id, {
      onSuccess: () => {
        notify({ tone: "ok", word: "Deleted", text: `${user.name} can no longer log in.` });
        onClose();
      },
    });
  return (
    <Confirm
      title={`Delete ${user.name}`}
      action={`Delete ${user.name}`}
      busy={remove.isPending}
      error={remove.error}
      onConfirm={destroy}
      onClose={onClose}
    >
      <Prose>
        <p>
          {user.api_only
            ? "Its token stops working at once; programs that use it get an error."
            : "All sessions of this person end at once. What they did stays in the activity, with their name."}
        </p>
      </Prose>
    </Confirm>
  );
}
