import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { describeCorrection } from "#domain/software/describe-correction.ts";
import type { TitleCorrection } from "#protocol/rest/title-corrections.ts";
import { correctionsQuery, useUndoCorrection } from "../../data/corrections.ts";
import { Answer, Nothing } from "../../parts/answers.tsx";
import { Confirm } from "../../parts/confirm.tsx";
import { countOf } from "../../parts/format.ts";
import { A } from "../../parts/link.tsx";
import { notify } from "../../parts/notices.tsx";
import { RelativeTime } from "../../parts/relative-time.tsx";
import { paths } from "../../paths.ts";
import { Button } from "../../ui/button.tsx";
import { Panel, Prose, Stack } from "../../ui/layout.tsx";
import { SimpleTable } from "../../ui/simple-table.tsx";
import { Quiet } from "../../ui/text.tsx";

const PER_PAGE = 100;

/** Corrections of software titles, the newest first, each with the button that takes it back. */
export function CorrectionsTab() {
  const [page, setPage] = useState(0);
  const corrections = useQuery(correctionsQuery({ page, per_page: PER_PAGE }));
  return (
    <Answer of={corrections} what="list of corrections">
      {({ corrections: all, count, meta }) =>
        count === 0 ? (
          <Nothing title="No title was corrected">
            Titles are made by rules. Where a rule is wrong, open the title under Software and choose Correct.
          </Nothing>
        ) : (
          <Stack gap={4}>
            <Panel title="Corrections of titles" note={countOf(count, "correction")} flush>
              <CorrectionTable corrections={all} />
            </Panel>
            {(meta.has_next_results || page > 0) && (
              <div>
                {page > 0 && <Button onClick={() => setPage(page - 1)}>Newer</Button>}
                {meta.has_next_results && <Button onClick={() => setPage(page + 1)}>Older</Button>}
              </div>
            )}
          </Stack>
        )
      }
    </Answer>
  );
}

function CorrectionTable({ corrections }: { corrections: readonly TitleCorrection[] }) {
  const [undoing, setUndoing] = useState<TitleCorrection | null>(null);
  return (
    <>
      <SimpleTable
        label="Corrections of titles"
        head={["Correction", "Moved", "By", "When", "Actions"]}
        rows={corrections.map((correction) => ({
          key: String(correction.id),
          cells: [
            <A key="w" href={paths.softwareTitle(correction.into?.id ?? correction.titles[0]?.id ?? 0)}>
              {describeCorrection(correction)}
            </A>,
            correction.type === "rename"
              ? ""
              : `${countOf(correction.versions_count, "version")}, ${countOf(correction.hosts_count, "device")}`,
            correction.actor_full_name ?? "",
            <RelativeTime key="t" time={correction.created_at} />,
            <UndoCell key="u" correction={correction} onUndo={() => setUndoing(correction)} />,
          ],
        }))}
      />
      {undoing !== null && <UndoCorrection correction={undoing} onClose={() => setUndoing(null)} />}
    </>
  );
}

function UndoCell({ correction, onUndo }: { correction: TitleCorrection; onUndo: () => void }) {
  if (correction.undone_at !== null)
    return (
      <Quiet>
        undone <RelativeTime time={correction.undone_at} />
      </Quiet>
    );
  const blocked = correction.blocked_by === null ? undefined : "A later correction of the same titles must be undone first";
  return (
    <Button look="quiet" blocked={blocked} onClick={onUndo}>
      Undo
    </Button>
  );
}

function UndoCorrection({ correction, onClose }: { correction: TitleCorrection; onClose: () => void }) {
  const undo = useUndoCorrection();
  const confirm = () =>
    undo.mutate(correction.id, {
      onSuccess: () => {
        notify({ tone: "ok", word: "Undone", text: "The titles are as their rules make them." });
        onClose();
      },
    });
  return (
    <Confirm
      title="Undo this correction"
      action="Undo it"
      busy={undo.isPending}
      error={undo.error}
      onConfirm={confirm}
      onClose={onClose}
    >
      <Prose>
        <p>{describeCorrection(correction)}.</p>
        <p>Everything becomes as if it had never been made, for software that came since as well. Counts and history follow.</p>
      </Prose>
    </Confirm>
  );
}
