import { useQuery } from "@tanstack/react-query";
import type { FeedImportAnswer } from "#protocol/rest/vulnerability-feeds.ts";
import { feedImportsQuery } from "../../../data/feeds.ts";
import { LIVE } from "../../../data/queries.ts";
import { countOf, formatBytes, formatCount } from "../../../parts/format.ts";
import { RelativeTime } from "../../../parts/relative-time.tsx";
import { Folded } from "../../../ui/folded.tsx";
import { Panel, Stack } from "../../../ui/layout.tsx";
import { SimpleTable } from "../../../ui/simple-table.tsx";
import { State, type StateTone } from "../../../ui/state.tsx";
import { Mono, Quiet } from "../../../ui/text.tsx";

const STATES: Readonly<Record<FeedImportAnswer["state"], { tone: StateTone; word: string }>> = {
  uploading: { tone: "idle", word: "Not uploaded whole" },
  waiting: { tone: "busy", word: "Waiting" },
  loading: { tone: "busy", word: "Loading" },
  done: { tone: "ok", word: "Loaded" },
  failed: { tone: "bad", word: "Failed" },
};

/** The last imports and what became of each; nothing while there was none. */
export function FeedImports() {
  const imports = useQuery({
    ...feedImportsQuery,
    refetchInterval: ({ state }) => (state.data?.some(isUnderWay) === true ? LIVE.progress : LIVE.list),
  });
  if (imports.data === undefined || imports.data.length === 0) return null;
  return (
    <Panel title="Imports" note="the last twenty" flush>
      <SimpleTable
        label="Imports"
        head={["File", "State", "Size", "When", "What came"]}
        rows={imports.data.map((one) => ({
          key: String(one.id),
          cells: [
            <Mono key="file">{one.file_name}</Mono>,
            <ImportState key="state" of={one} />,
            formatBytes(one.bytes),
            <RelativeTime key="when" time={one.created_at} />,
            <ImportedParts key="parts" of={one} />,
          ],
        }))}
      />
    </Panel>
  );
}

function isUnderWay({ state }: FeedImportAnswer): boolean {
  return state === "waiting" || state === "loading";
}

function ImportState({ of }: { of: FeedImportAnswer }) {
  const { tone, word } = STATES[of.state];
  return (
    <Stack gap={1}>
      <State tone={tone}>{word}</State>
      {of.state === "loading" && of.phase !== null && <Quiet small>{of.phase}</Quiet>}
      {of.error !== null && <Quiet small>{of.error}</Quiet>}
    </Stack>
  );
}

function ImportedParts({ of: { parts } }: { of: FeedImportAnswer }) {
  if (parts.length === 0) return <Quiet>nothing yet</Quiet>;
  const failed = parts.filter((part) => part.error !== null).length;
  const words = `${countOf(parts.length, "part")}${failed === 0 ? "" : `, ${formatCount(failed)} failed`}`;
  return (
    <Folded summary={words}>
      <ul>
        {parts.map((part) => (
          <li key={`${part.feed} ${part.part}`}>
            {part.feed} {part.part}: {part.error ?? countOf(part.records, "record")}
          </li>
        ))}
      </ul>
    </Folded>
  );
}
