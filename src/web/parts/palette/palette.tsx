import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useEffect, useId, useMemo, useState } from "react";
import type { KeyboardEvent } from "react";
import { hostsQuery, titlesQuery, versionsQuery } from "../../data/queries.ts";
import { vulnerabilitiesQuery } from "../../data/vulnerability-queries.ts";
import { useLogOut } from "../../data/session.ts";
import { cx } from "../../ui/cx.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Icon } from "../../ui/icon.tsx";
import { SearchIcon } from "../../ui/icons.ts";
import { Kbd } from "../../ui/text.tsx";
import { useGo } from "../use-go.ts";
import { cveOf } from "../vulnerability/verdict-words.ts";
import { commandsFor, deviceEntries, titleEntries, versionEntries, vulnerabilityEntries } from "./entries.ts";
import type { Entry } from "./entries.ts";
import styles from "./palette.module.css";

const PAUSE_MS = 140;
const FOUND_MAX = 6;

/** Search over everything and every command, by keyboard: type, arrows, Enter. */
export function Palette({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState("");
  const { groups, searching } = useEntries(text.trim());
  const flat = groups.flatMap((g) => g.entries);
  const [picked, setPicked] = useState(0);
  const at = Math.min(picked, Math.max(0, flat.length - 1));
  const id = useId();
  const go = useGo();
  const logOut = useLogOut();
  const run = (entry: Entry | undefined) => {
    if (entry === undefined) return;
    onClose();
    if (entry.run === "log-out") logOut.mutate();
    else if (typeof entry.run === "function") entry.run();
    else if (entry.href !== undefined) go(entry.href);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && flat.length > 0) setPicked((at + step + flat.length) % flat.length);
    else if (event.key === "Enter") run(flat[at]);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title="Search and commands" form="bare" onClose={onClose}>
      <div className={styles.field}>
        <Icon of={SearchIcon} size={18} />
        <input
          // The dialog is opened in order to type.
          // oxlint-disable-next-line jsx-a11y/no-autofocus
          autoFocus
          role="combobox"
          aria-expanded="true"
          aria-controls={`${id}-list`}
          aria-activedescendant={flat[at] === undefined ? undefined : `${id}-${at}`}
          aria-label="Search and commands"
          placeholder="Device, software, CVE, page or command"
          autoComplete="off"
          spellCheck={false}
          value={text}
          maxLength={255}
          onChange={(event) => {
            setText(event.target.value);
            setPicked(0);
          }}
          onKeyDown={onKeyDown}
        />
        <Kbd>Esc</Kbd>
      </div>
      <Found id={id} groups={groups} at={at} onRun={run} onPoint={setPicked} />
      <p className={styles.status} role="status">
        {searching ? "Searching…" : flat.length === 0 ? `Nothing found for "${text.trim()}".` : ""}
      </p>
    </Dialog>
  );
}

interface Group {
  label: string;
  /** The first entry's place among all. */
  first: number;
  entries: Entry[];
}

function Found(props: { id: string; groups: Group[]; at: number; onRun: (e: Entry) => void; onPoint: (index: number) => void }) {
  const { id, groups, at, onRun, onPoint } = props;
  useEffect(() => {
    document.getElementById(`${id}-${at}`)?.scrollIntoView({ block: "nearest" });
  }, [id, at]);
  return (
    <div id={`${id}-list`} role="listbox" aria-label="Results" className={styles.list}>
      {groups.map((group) => (
        <div key={group.label} role="group" aria-label={group.label}>
          <div className={styles.group} aria-hidden="true">
            {group.label}
          </div>
          {group.entries.map((entry, inGroup) => {
            const i = group.first + inGroup;
            return (
              // The combobox holds the focus and the keys (Enter runs the active option).
              // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
              <div
                key={entry.id}
                id={`${id}-${i}`}
                role="option"
                aria-selected={i === at}
                className={cx(styles.entry, i === at && styles.at)}
                onClick={() => onRun(entry)}
                onPointerMove={() => onPoint(i)}
              >
                <Icon of={entry.icon} />
                <span className={styles.name}>{entry.label}</span>
                {entry.note !== undefined && <span className={styles.note}>{entry.note}</span>}
              </div>
            );
          })}
        </div>
      ))}
    </div>
  );
}

function useEntries(text: string): { groups: Group[]; searching: boolean } {
  const query = useDebounced(useDeferredValue(text));
  const ask = { enabled: query.length >= 2, staleTime: 10_000 };
  const limit = { query, per_page: FOUND_MAX };
  const hosts = useQuery({ ...hostsQuery(limit), ...ask });
  const titles = useQuery({ ...titlesQuery(limit), ...ask });
  const versions = useQuery({ ...versionsQuery(limit), ...ask });
  const vulnerabilities = useQuery({
    ...vulnerabilitiesQuery({ ...limit, order_key: "priority", order_direction: "desc" }),
    ...ask,
  });
  const commands = useMemo(() => commandsFor(text), [text]);
  const found = query.length >= 2 && text.length >= 2;
  const vulnerable = {
    label: "Vulnerabilities",
    entries: found ? vulnerabilityEntries(text, vulnerabilities.data?.vulnerabilities ?? []) : [],
  };
  // software is found by the vulnerabilities in it, too: who types an id means the vulnerability itself
  const isId = cveOf(text) !== undefined;
  const groups = [
    ...(isId ? [vulnerable] : []),
    { label: "Devices", entries: found ? deviceEntries(hosts.data?.hosts ?? []) : [] },
    { label: "Software", entries: found ? titleEntries(titles.data?.software_titles ?? []) : [] },
    { label: "Versions", entries: found ? versionEntries(versions.data?.software ?? []) : [] },
    ...(isId ? [] : [vulnerable]),
    { label: "Pages and commands", entries: commands },
  ].filter((g) => g.entries.length > 0);
  const numbered = groups.map((g, i) => ({
    ...g,
    first: groups.slice(0, i).reduce((sum, before) => sum + before.entries.length, 0),
  }));
  const fetching = [hosts, titles, versions, vulnerabilities].some((answer) => answer.isFetching);
  const searching = text.length >= 2 && (query !== text || fetching);
  return { groups: numbered, searching };
}

function useDebounced(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = window.setTimeout(() => setSettled(text), PAUSE_MS);
    return () => window.clearTimeout(timer);
  }, [text]);
  return settled;
}
