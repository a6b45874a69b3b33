import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { beingCounted } from "#client/being-counted.ts";
import { ApiError } from "#client/client.ts";
import { Button } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import { RefreshIcon, WarnIcon } from "../ui/icons.ts";
import { SkeletonTable } from "../ui/skeleton.tsx";
import styles from "./answers.module.css";

interface AnswerProps<T> {
  of: Pick<UseQueryResult<T>, "data" | "error" | "isFetching" | "refetch"> &
    Partial<Pick<UseQueryResult<T>, "failureReason" | "isPlaceholderData">>;
  /** What is being fetched, as in "The … could not be loaded". */
  what: string;
  /** The shape of the answer, while it is on its way. */
  shape?: ReactNode;
  children: (data: T) => ReactNode;
}

/**
 * One answer of the server in its three states. Data that was shown stays when a later refresh fails. While the server still counts what
 * was asked for, that and how far it is takes the place of rows that answer another question.
 */
export function Answer<T>({ of, what, shape, children }: AnswerProps<T>) {
  const counting = beingCounted(of.failureReason);
  if (counting !== null && (of.data === undefined || of.isPlaceholderData === true)) return <Counting words={counting.words} />;
  if (of.data === undefined && of.error !== null) return <Failure of={of} what={what} kept={false} />;
  if (of.data === undefined) {
    return (
      <div role="status" aria-label={`Loading ${what}`}>
        {shape ?? <SkeletonTable />}
      </div>
    );
  }
  return (
    <>
      {of.error !== null && <Failure of={of} what={what} kept />}
      {children(of.data)}
    </>
  );
}

function Counting({ words }: { words: string }) {
  return (
    <div className={styles.nothing} role="status">
      <p className={styles.nothingTitle}>Counting…</p>
      <div className={styles.nothingText}>
        <p>{words}</p>
        <p>The list appears here by itself. From then on its numbers are kept exact as devices report.</p>
      </div>
    </div>
  );
}

function Failure({ of, what, kept }: { of: AnswerProps<unknown>["of"]; what: string; kept: boolean }) {
  return (
    <div className={styles.failure} role="alert">
      <Icon of={WarnIcon} size={20} />
      <div>
        <p className={styles.failureTitle}>{kept ? `The ${what} could not be refreshed.` : `The ${what} could not be loaded.`}</p>
        <p>{explain(of.error)}</p>
        {kept && <p>What you see is the last answer.</p>}
      </div>
      <Button icon={RefreshIcon} busy={of.isFetching} onClick={() => void of.refetch()}>
        Try again
      </Button>
    </div>
  );
}

/** An error in a sentence for people. */
export function explain(error: unknown): string {
  if (!(error instanceof ApiError)) return "The page met a fault of its own. Reload it; if it comes back, report it.";
  if (error.status === 0) return "The server cannot be reached. Check that it runs and that this computer is connected.";
  if (error.status === 404) return "It does not exist, or no longer does.";
  if (error.status >= 500) {
    const name = error.body?.uuid;
    return `The server failed${name === undefined ? "" : `; its log names this failure ${name}`}.`;
  }
  return error.message;
}

/** The reasons of a refused form by field; `base` holds what belongs to no field. */
export function fieldErrors(error: unknown): Record<string, string> {
  if (error === null || error === undefined) return {};
  if (!(error instanceof ApiError) || error.body === null || error.body.errors.length === 0) return { base: explain(error) };
  return Object.fromEntries(error.body.errors.toReversed().map((e) => [e.name, e.reason]));
}

/** A form's failure that belongs to none of its fields. */
export function FormFailure({ text }: { text: string | undefined }) {
  if (text === undefined) return null;
  return (
    <p className={styles.formFailure} role="alert">
      <Icon of={WarnIcon} />
      <span>{text}</span>
    </p>
  );
}

/** Why there is nothing here, and the one next step. */
export function Nothing({ title, children, action }: { title: string; children: ReactNode; action?: ReactNode }) {
  return (
    <div className={styles.nothing}>
      <p className={styles.nothingTitle}>{title}</p>
      <div className={styles.nothingText}>{children}</div>
      {action}
    </div>
  );
}
