import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { useSetUp } from "../../data/session.ts";
import { setupQuery } from "../../data/queries.ts";
import { Answer, fieldErrors, FormFailure } from "../../parts/answers.tsx";
import { A } from "../../parts/link.tsx";
import { useTitle } from "../../parts/page.tsx";
import { useGo } from "../../parts/use-go.ts";
import { paths } from "../../paths.ts";
import { Bare, BareHead } from "../../ui/bare.tsx";
import { Button, buttonClass } from "../../ui/button.tsx";
import { PasswordField, TextField } from "../../ui/field.tsx";
import { Form } from "../../ui/form.tsx";
import { SkeletonLines } from "../../ui/skeleton.tsx";

const PASSWORD_MIN = 12;
const route = getRouteApi("/setup");

/** The first visit: makes the first administrator, with the code that only somebody at the server's console can know. */
export function SetupPage() {
  useTitle("Set up");
  const status = useQuery(setupQuery);
  return (
    <Bare>
      <Answer of={status} what="state of this server" shape={<SkeletonLines count={5} />}>
        {({ setup_required }) => (setup_required ? <SetupForm /> : <AlreadyDone />)}
      </Answer>
    </Bare>
  );
}

function AlreadyDone() {
  return (
    <>
      <BareHead title="This server is set up">
        Its first administrator exists. Set-up happens once; further users are made in the settings.
      </BareHead>
      <A href={paths.login()} className={buttonClass("primary")}>
        Log in
      </A>
    </>
  );
}

function SetupForm() {
  const { code } = route.useSearch();
  const go = useGo();
  const setUp = useSetUp(() => go(paths.dashboard(), { replace: true }));
  const [form, setForm] = useState({ setup_code: code ?? "", name: "", email: "", password: "" });
  const errors = fieldErrors(setUp.error);
  const short = form.password !== "" && form.password.length < PASSWORD_MIN;
  const missing = missingOf(form);
  const input = (field: keyof typeof form) => ({
    value: form[field],
    error: errors[field],
    onChange: (e: { target: { value: string } }) => setForm({ ...form, [field]: e.target.value }),
  });
  return (
    <>
      <BareHead title="Set up Muster">Make the first administrator. This happens once.</BareHead>
      <Form onSubmit={() => setUp.mutate({ ...form, setup_code: form.setup_code.trim(), email: form.email.trim() })}>
        {(code === undefined || errors["setup_code"] !== undefined) && (
          <TextField
            label="Set-up code"
            autoComplete="off"
            spellCheck={false}
            hint="The server prints it at its start, in the line with the set-up link. Open that link, or copy the code from it. It is new at every start until set-up is done."
            {...input("setup_code")}
          />
        )}
        <TextField label="Your name" autoComplete="name" {...input("name")} />
        <TextField label="E-mail" type="email" autoComplete="username" {...input("email")} />
        <PasswordField
          label="Password"
          autoComplete="new-password"
          hint={passwordHint(form.password, short)}
          {...input("password")}
        />
        <FormFailure text={errors["base"]} />
        <Button type="submit" look="primary" busy={setUp.isPending} blocked={missing}>
          Create the administrator
        </Button>
      </Form>
    </>
  );
}

function passwordHint(password: string, short: boolean): string {
  return short ? `${PASSWORD_MIN - password.length} more characters` : `At least ${PASSWORD_MIN} characters; a sentence is good.`;
}

function missingOf(form: { setup_code: string; name: string; email: string; password: string }): string | undefined {
  if (form.setup_code.trim() === "") return "Enter the set-up code";
  if (form.name.trim() === "") return "Enter your name";
  if (!/^[^@\s]+@[^@\s]+$/u.test(form.email.trim())) return "Enter your e-mail address";
  return form.password.length < PASSWORD_MIN ? `Choose a password of at least ${PASSWORD_MIN} characters` : undefined;
}
