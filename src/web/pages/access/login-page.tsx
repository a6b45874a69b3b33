import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { ApiError } from "#client/client.ts";
import { useLogIn } from "../../data/session.ts";
import { explain, FormFailure } from "../../parts/answers.tsx";
import { formatDuration } from "../../parts/format.ts";
import { useTitle } from "../../parts/page.tsx";
import { useCountdown } from "../../parts/use-countdown.ts";
import { useGo } from "../../parts/use-go.ts";
import { safeNext } from "../../paths.ts";
import { Bare, BareHead } from "../../ui/bare.tsx";
import { Button } from "../../ui/button.tsx";
import { PasswordField, TextField } from "../../ui/field.tsx";
import { Form } from "../../ui/form.tsx";

const route = getRouteApi("/login");

export function LoginPage() {
  useTitle("Log in");
  const { next } = route.useSearch();
  const go = useGo();
  const logIn = useLogIn(() => go(safeNext(next), { replace: true }));
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [until, setUntil] = useState<number | null>(null);
  const wait = useCountdown(until);
  const submit = () =>
    logIn.mutate(
      { email: email.trim(), password },
      {
        onError: (error) =>
          setUntil(error instanceof ApiError && error.retryAfter !== null ? Date.now() + error.retryAfter * 1000 : null),
      },
    );
  const missing = email.trim() === "" || password === "" ? "Enter your e-mail address and password" : undefined;
  return (
    <Bare>
      <BareHead title="Log in">
        {next === undefined
          ? "To see and manage the software of your devices."
          : "Your session has ended, or there was none. You return to where you were."}
      </BareHead>
      <Form onSubmit={submit}>
        <TextField
          // The page has one purpose, and it begins here.
          // oxlint-disable-next-line jsx-a11y/no-autofocus
          autoFocus
          label="E-mail"
          type="email"
          autoComplete="username"
          value={email}
          onChange={(e) => setEmail(e.target.value)}
        />
        <PasswordField
          label="Password"
          autoComplete="current-password"
          value={password}
          onChange={(e) => setPassword(e.target.value)}
        />
        <FormFailure text={failureText(logIn.error, wait)} />
        <Button
          type="submit"
          look="primary"
          busy={logIn.isPending}
          blocked={wait > 0 ? `Too many attempts; possible again in ${formatDuration(wait)}` : missing}
        >
          {wait > 0 ? `Log in (in ${formatDuration(wait)})` : "Log in"}
        </Button>
      </Form>
    </Bare>
  );
}

function failureText(error: Error | null, wait: number): string | undefined {
  if (error === null) return undefined;
  if (error instanceof ApiError && error.status === 429)
    return wait > 0
      ? `Too many failed attempts. Log in again in ${formatDuration(wait)}. Your password has not been changed.`
      : "You can try again now.";
  if (error instanceof ApiError && error.status === 401) return "The e-mail address or the password is wrong.";
  return explain(error);
}
