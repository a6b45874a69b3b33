import { useState } from "react";
import type { ReactNode } from "react";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { TextField } from "../ui/field.tsx";
import { Form, FormEnd } from "../ui/form.tsx";
import { FormFailure, explain } from "./answers.tsx";

interface ConfirmProps {
  title: string;
  /** What will happen, before it happens. */
  children: ReactNode;
  action: string;
  /** When given, this must be typed first. */
  phrase?: string | undefined;
  busy: boolean;
  error: unknown;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks before something is destroyed: names it, says what follows, and waits for the word when much is at stake. */
export function Confirm({ title, children, action, phrase, busy, error, onConfirm, onClose }: ConfirmProps) {
  const [typed, setTyped] = useState("");
  const blocked = phrase !== undefined && typed.trim() !== phrase ? `Type "${phrase}" first` : undefined;
  return (
    <Dialog title={title} onClose={onClose}>
      <Form onSubmit={() => blocked === undefined && !busy && onConfirm()}>
        {children}
        {phrase !== undefined && (
          <TextField
            label={`Type "${phrase}" to confirm`}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            autoComplete="off"
            spellCheck={false}
          />
        )}
        <FormFailure text={error === null ? undefined : explain(error)} />
        <FormEnd>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="danger" busy={busy} blocked={blocked}>
            {action}
          </Button>
        </FormEnd>
      </Form>
    </Dialog>
  );
}
