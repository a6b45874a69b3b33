import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "#client/api.ts";
import { addressOf } from "#client/client.ts";
import type { VexDocument } from "#protocol/rest/vex.ts";
import { useDeleteVex, vexDocumentsQuery } from "../../../data/vex.ts";
import { Answer } from "../../../parts/answers.tsx";
import { Confirm } from "../../../parts/confirm.tsx";
import { countOf, formatCount } from "../../../parts/format.ts";
import { notify } from "../../../parts/notices.tsx";
import { RelativeTime } from "../../../parts/relative-time.tsx";
import { ExportMenu } from "../../../parts/table/export-menu.tsx";
import { Button } from "../../../ui/button.tsx";
import { Panel, Prose, Stack } from "../../../ui/layout.tsx";
import { SimpleTable } from "../../../ui/simple-table.tsx";
import { Mono, Quiet } from "../../../ui/text.tsx";
import { ImportVex } from "./import-vex.tsx";

const FORMAT_LABELS: Readonly<Record<VexDocument["format"], string>> = {
  openvex: "OpenVEX",
  csaf: "CSAF",
  cyclonedx: "CycloneDX",
};
const SHOWN = 100;

/** VEX documents of others, which suppress what they call not affected; and the export of our own decisions. */
export function VexPanel() {
  const [importing, setImporting] = useState(false);
  const documents = useQuery(vexDocumentsQuery({ per_page: SHOWN }));
  const count = documents.data?.count ?? 0;
  return (
    <Panel
      title="VEX"
      note={
        count > SHOWN ? `the newest ${SHOWN} of ${formatCount(count)} documents` : "statements of vendors about their products"
      }
      action={
        <>
          <ExportVex />
          <Button onClick={() => setImporting(true)}>Import VEX…</Button>
        </>
      }
    >
      <Answer of={documents} what="list of VEX documents">
        {({ vex_documents }) =>
          vex_documents.length === 0 ? (
            <Prose>
              <p>
                No document was imported. OpenVEX, CSAF and CycloneDX documents tell which findings do not apply; those are
                suppressed, with the document as the reason. The decisions that hold can be exported in the same forms.
              </p>
            </Prose>
          ) : (
            <DocumentTable documents={vex_documents} />
          )
        }
      </Answer>
      {importing && <ImportVex onClose={() => setImporting(false)} />}
    </Panel>
  );
}

function ExportVex() {
  const formats = Object.entries(FORMAT_LABELS) as [VexDocument["format"], string][];
  return (
    <ExportMenu
      what="Our decisions, as VEX"
      groups={[formats.map(([format, label]) => ({ label, href: addressOf(api.exportVex, { query: { format } }) }))]}
    />
  );
}

function DocumentTable({ documents }: { documents: readonly VexDocument[] }) {
  const [deleting, setDeleting] = useState<VexDocument | null>(null);
  return (
    <>
      <SimpleTable
        label="VEX documents"
        head={["Document", "Form", "Author", "Statements", "Suppresses", "Imported", "Actions"]}
        rows={documents.map((document) => ({
          key: String(document.id),
          cells: [
            <Stack key="name" gap={1}>
              <span>{document.name || document.document_id}</span>
              <Quiet small>
                <Mono>{document.document_id}</Mono>, version {document.version}
              </Quiet>
            </Stack>,
            FORMAT_LABELS[document.format],
            document.author,
            formatCount(document.statements_count),
            countOf(document.suppressed_count, "finding"),
            <Stack key="when" gap={1}>
              <RelativeTime time={document.imported_at} />
              <Quiet small>{document.imported_by ?? "a user that is gone"}</Quiet>
            </Stack>,
            <Button key="delete" look="quiet" onClick={() => setDeleting(document)}>
              Delete…
            </Button>,
          ],
        }))}
      />
      {deleting !== null && <DeleteDocument document={deleting} onClose={() => setDeleting(null)} />}
    </>
  );
}

function DeleteDocument({ document, onClose }: { document: VexDocument; onClose: () => void }) {
  const remove = useDeleteVex();
  const confirm = () =>
    remove.mutate(document.id, {
      onSuccess: () => {
        notify({ tone: "ok", word: "Deleted", text: "What it suppressed is open again, unless another document speaks of it." });
        onClose();
      },
    });
  return (
    <Confirm
      title={`Delete ${document.name || document.document_id}`}
      action="Delete it"
      busy={remove.isPending}
      error={remove.error}
      onConfirm={confirm}
      onClose={onClose}
    >
      <Prose>
        <p>
          {document.suppressed_count === 0
            ? "It suppresses nothing now."
            : `${countOf(document.suppressed_count, "finding")} will be open again, unless another document speaks of them.`}
        </p>
      </Prose>
    </Confirm>
  );
}
