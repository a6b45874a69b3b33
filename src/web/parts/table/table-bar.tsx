import { useEffect, useRef, useState } from "react";
import type { ReactNode } from "react";
import { Button } from "../../ui/button.tsx";
import { SearchInput } from "../../ui/field.tsx";
import { CloseIcon } from "../../ui/icons.ts";
import { Icon } from "../../ui/icon.tsx";
import styles from "./table-bar.module.css";

const TYPING_PAUSE_MS = 220;

interface TableBarProps {
  searchLabel: string;
  query: string | undefined;
  onQuery: (query: string | undefined) => void;
  /** Filters, after the search. */
  children?: ReactNode;
  /** Columns, export: at the end of the line. */
  tools?: ReactNode;
}

/** The line above a table: search, filters, tools. */
export function TableBar({ searchLabel, query, onQuery, children, tools }: TableBarProps) {
  return (
    <div className={styles.bar} role="search">
      <DelayedSearch label={searchLabel} query={query} onQuery={onQuery} />
      {children}
      {tools !== undefined && <div className={styles.tools}>{tools}</div>}
    </div>
  );
}

/** Searches when the typing pauses; an address that changes otherwise (Back, cleared filters) changes the text. */
function DelayedSearch({
  label,
  query = "",
  onQuery,
}: {
  label: string;
  query: string | undefined;
  onQuery: TableBarProps["onQuery"];
}) {
  const [text, setText] = useState(query);
  const sent = useRef(query);
  useEffect(() => {
    if (query === sent.current) return;
    sent.current = query;
    setText(query);
  }, [query]);
  useEffect(() => {
    const wanted = text.trim();
    if (wanted === sent.current) return undefined;
    const timer = window.setTimeout(() => {
      sent.current = wanted;
      onQuery(wanted === "" ? undefined : wanted);
    }, TYPING_PAUSE_MS);
    return () => window.clearTimeout(timer);
  }, [text, onQuery]);
  return (
    <SearchInput
      label={label}
      placeholder={label}
      value={text}
      maxLength={255}
      onChange={(event) => setText(event.target.value)}
      onKeyDown={(event) => event.key === "Escape" && setText("")}
    />
  );
}

/** A filter that came from a link: what it is, and a way to take it off. */
export function FilterChip({ label, value, onRemove }: { label: string; value: ReactNode; onRemove: () => void }) {
  return (
    <span className={styles.chip}>
      <span className={styles.chipLabel}>{label}</span>
      <span className={styles.chipValue}>{value}</span>
      <button type="button" aria-label={`Remove the filter ${label}`} onClick={onRemove}>
        <Icon of={CloseIcon} size={14} />
      </button>
    </span>
  );
}

export function ClearFilters({ onClear }: { onClear: () => void }) {
  return (
    <Button look="quiet" onClick={onClear}>
      Clear filters
    </Button>
  );
}
