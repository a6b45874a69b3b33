import { useState } from "react";
import { useCreateUser } from "../../data/mutations.ts";
import { fieldErrors, FormFailure } from "../../parts/answers.tsx";
import { notify } from "../../parts/notices.tsx";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { PasswordField, TextField } from "../../ui/field.tsx";
import { Quiet } from "../../ui/text.tsx";
import { Form, FormEnd } from "../../ui/form.tsx";

const PASSWORD_MIN = 12;

export function AddPerson({ onClose }: { onClose: () => void }) {
  const [form, setForm] = useState({ name: "", email: "", password: "" });
  const create = useCreateUser();
  const errors = fieldErrors(create.error);
  const input = (field: keyof typeof form) => ({
    value: form[field],
    error: errors[field],
    onChange: (event: { target: { value: string } }) => setForm({ ...form, [field]: event.target.value }),
  });
  const save = () =>
    create.mutate(
      { ...form, name: form.name.trim(), email: form.email.trim(), global_role: "admin" },
      {
        onSuccess: ({ user }) => {
          notify({ tone: "ok", word: "Added", text: `${user.name} can log in with the password you chose.` });
          onClose();
        },
      },
    );
  const missing =
    form.name.trim() === "" || form.email.trim() === ""
      ? "Enter a name and an e-mail address"
      : form.password.length < PASSWORD_MIN
        ? `The password needs at least ${PASSWORD_MIN} characters`
        : undefined;
  return (
    <Dialog title="Add a person" onClose={onClose}>
      <Form onSubmit={save}>
        <TextField label="Name" autoComplete="off" {...input("name")} />
        <TextField label="E-mail" type="email" autoComplete="off" {...input("email")} />
        <PasswordField
          label="First password"
          autoComplete="new-password"
          hint={`At least ${PASSWORD_MIN} characters. Tell it to them on a safe way; they change it under Settings, You.`}
          {...input("password")}
        />
        <Quiet small>They become an administrator; finer roles do not exist yet.</Quiet>
        <FormFailure text={errors["base"]} />
        <FormEnd>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={create.isPending} blocked={missing}>
            Add the person
          </Button>
        </FormEnd>
      </Form>
    </Dialog>
  );
}
