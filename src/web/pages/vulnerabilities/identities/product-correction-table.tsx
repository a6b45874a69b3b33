import { useState } from "react";
import { sourceLabel } from "#domain/software/sources.ts";
import type { ProductCorrection } from "#protocol/rest/product-identities.ts";
import { useUndoProductCorrection } from "../../../data/product-corrections.ts";
import { Confirm } from "../../../parts/confirm.tsx";
import { countOf } from "../../../parts/format.ts";
import { A } from "../../../parts/link.tsx";
import { notify } from "../../../parts/notices.tsx";
import { RelativeTime } from "../../../parts/relative-time.tsx";
import { paths } from "../../../paths.ts";
import { Button } from "../../../ui/button.tsx";
import { Prose, Stack } from "../../../ui/layout.tsx";
import { SimpleTable } from "../../../ui/simple-table.tsx";
import { Mono, Quiet } from "../../../ui/text.tsx";

/** Corrections of products' identities, each with the button that takes it back. */
export function ProductCorrectionTable({ corrections }: { corrections: readonly ProductCorrection[] }) {
  const [undoing, setUndoing] = useState<ProductCorrection | null>(null);
  return (
    <>
      <SimpleTable
        label="Corrections of products"
        head={["Software", "Correction", "Reason", "By", "Actions"]}
        rows={corrections.map((correction) => ({
          key: String(correction.id),
          cells: [
            <Stack key="software" gap={1}>
              <Corrected of={correction} />
              <Quiet small>
                {countOf(correction.software_count, "version")} on {countOf(correction.hosts_count, "device")}
              </Quiet>
            </Stack>,
            <Said key="said" of={correction} />,
            correction.reason,
            <Stack key="by" gap={1}>
              <span>{correction.author_full_name ?? "a user that is gone"}</span>
              <Quiet small>
                <RelativeTime time={correction.created_at} />
              </Quiet>
            </Stack>,
            correction.undone_at === null ? (
              <Button key="undo" look="quiet" onClick={() => setUndoing(correction)}>
                Undo…
              </Button>
            ) : (
              <Quiet key="undone" small>
                undone by {correction.undone_by ?? "a user that is gone"}, <RelativeTime time={correction.undone_at} />
              </Quiet>
            ),
          ],
        }))}
      />
      {undoing !== null && <Undo correction={undoing} onClose={() => setUndoing(null)} />}
    </>
  );
}

function Corrected({ of }: { of: ProductCorrection }) {
  if (of.software_version_id !== null) return <A href={paths.softwareVersion(of.software_version_id)}>{of.software_name}</A>;
  if (of.software_title_id !== null) return <A href={paths.softwareTitle(of.software_title_id)}>{of.software_name}</A>;
  return (
    <span>
      Named <Mono>{of.name_pattern}</Mono>
      {of.source !== null && `, ${sourceLabel(of.source)}`}
    </span>
  );
}

function Said({ of }: { of: ProductCorrection }) {
  if (of.products.length === 0) return <span>is no product</span>;
  return (
    <span>
      {of.kind === "is" ? "is" : "is not"} <Mono>{of.products.join(", ")}</Mono>
      {of.edition !== null && `, edition ${of.edition}`}
    </span>
  );
}

function Undo({ correction, onClose }: { correction: ProductCorrection; onClose: () => void }) {
  const undo = useUndoProductCorrection();
  const confirm = () =>
    undo.mutate(correction.id, {
      onSuccess: () => {
        notify({ tone: "ok", word: "Undone", text: `${correction.software_name} is matched again within seconds.` });
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
        <p>Everything is as if it had never been made, for software that came since as well. Findings come and go accordingly.</p>
      </Prose>
    </Confirm>
  );
}
