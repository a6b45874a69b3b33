import { useState } from "react";
import { useCreateUser } from "../../data/mutations.ts";
import { fieldErrors, FormFailure } from "../../parts/answers.tsx";
import { CopyBlock } from "../../parts/copyable.tsx";
import { Button } from "../../ui/button.tsx";
import { Callout } from "../../ui/callout.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { TextField } from "../../ui/field.tsx";
import { Form, FormEnd } from "../../ui/form.tsx";
import { Stack } from "../../ui/layout.tsx";

/** Makes an API-only user and shows its token: the one time it can be seen. */
export function AddApiUser({ onClose }: { onClose: () => void }) {
  const create = useCreateUser();
  const token = create.data?.token;
  return (
    <Dialog
      title={token === undefined ? "Add an API-only user" : `The token of ${create.data?.user.name ?? "the user"}`}
      onClose={onClose}
    >
      {token === undefined ? <ApiUserForm create={create} onClose={onClose} /> : <ShownToken token={token} onClose={onClose} />}
    </Dialog>
  );
}

function ApiUserForm({ create, onClose }: { create: ReturnType<typeof useCreateUser>; onClose: () => void }) {
  const [form, setForm] = useState({ name: "", email: "" });
  const errors = fieldErrors(create.error);
  const input = (field: keyof typeof form) => ({
    value: form[field],
    error: errors[field],
    onChange: (event: { target: { value: string } }) => setForm({ ...form, [field]: event.target.value }),
  });
  const missing = form.name.trim() === "" || form.email.trim() === "" ? "Enter a name and an e-mail address" : undefined;
  return (
    <Form
      onSubmit={() => create.mutate({ name: form.name.trim(), email: form.email.trim(), api_only: true, global_role: "admin" })}
    >
      <TextField label="Name" hint="What the program is, for example “Backup reports”." autoComplete="off" {...input("name")} />
      <TextField
        label="E-mail"
        type="email"
        hint="Whom to ask about it; no mail is sent."
        autoComplete="off"
        {...input("email")}
      />
      <FormFailure text={errors["base"]} />
      <FormEnd>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="primary" busy={create.isPending} blocked={missing}>
          Create and show the token
        </Button>
      </FormEnd>
    </Form>
  );
}

function ShownToken({ token, onClose }: { token: string; onClose: () => void }) {
  return (
    <Stack gap={4}>
      <Callout tone="warn" title="Copy the token now">
        It is shown this once. Whoever has it can do what an administrator can; it does not expire until its user is deleted.
      </Callout>
      <CopyBlock label="Token" text={token} />
      <CopyBlock
        label="Example call"
        text={`curl -H "Authorization: Bearer ${token}" ${window.location.origin}/api/v1/fleet/hosts`}
      />
      <FormEnd>
        <Button look="primary" onClick={onClose}>
          I have copied it
        </Button>
      </FormEnd>
    </Stack>
  );
}
