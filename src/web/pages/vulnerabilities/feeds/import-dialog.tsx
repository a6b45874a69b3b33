import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { client } from "../../../data/client.ts";
import { importFeedBundle, type ImportProgress } from "../../../data/import-feed-bundle.ts";
import { explain, FormFailure } from "../../../parts/answers.tsx";
import { formatBytes } from "../../../parts/format.ts";
import { notify } from "../../../parts/notices.tsx";
import { Button } from "../../../ui/button.tsx";
import { Dialog } from "../../../ui/dialog.tsx";
import { FileField } from "../../../ui/file-field.tsx";
import { Form, FormEnd } from "../../../ui/form.tsx";
import { Stack } from "../../../ui/layout.tsx";
import { Meter } from "../../../ui/meter.tsx";
import { Quiet } from "../../../ui/text.tsx";

const PHASES: Readonly<Record<ImportProgress["phase"], string>> = {
  checksum: "Computing the checksum",
  upload: "Uploading",
};

/** Takes a bundle or files of publishers from this computer, for servers that cannot fetch. */
export function ImportDialog({ onClose }: { onClose: () => void }) {
  const [file, setFile] = useState<File | null>(null);
  const { progress, error, begin, end } = useImport(onClose);
  const close = () => {
    end();
    onClose();
  };
  return (
    <Dialog title="Import feeds" onClose={close}>
      <Form onSubmit={() => file !== null && begin(file)}>
        <Quiet small>
          A bundle of another Muster, a file of a publisher, or an archive (tar, zip) of such files. Checksums are verified before
          anything is loaded; what is here already stays until the new data is whole.
        </Quiet>
        <FileField label="File" accept=".tar,.zip,.gz,.bz2,.xz,.zst,.json,.jsonl,.csv,.xml" onChoose={setFile} />
        {progress !== null && file !== null && (
          <div role="status">
            <Stack gap={1}>
              <span>
                {PHASES[progress.phase]}: {formatBytes(progress.bytes) || "0 B"} of {formatBytes(file.size)}
              </span>
              <Meter value={progress.bytes} max={file.size} />
            </Stack>
          </div>
        )}
        <FormFailure text={error === null ? undefined : explain(error)} />
        <FormEnd>
          <Button onClick={close}>Cancel</Button>
          <Button
            type="submit"
            look="primary"
            busy={progress !== null}
            blocked={file === null ? "Choose a file first" : file.size === 0 ? "The file is empty" : undefined}
          >
            Import
          </Button>
        </FormEnd>
      </Form>
    </Dialog>
  );
}

/** Runs one import; leaving the dialog ends an upload that is under way. */
function useImport(onDone: () => void) {
  const [progress, setProgress] = useState<ImportProgress | null>(null);
  const [error, setError] = useState<unknown>(null);
  const running = useRef<AbortController | null>(null);
  const queries = useQueryClient();
  const end = () => running.current?.abort();
  useEffect(() => () => running.current?.abort(), []);
  const begin = (file: File) => {
    const controller = new AbortController();
    running.current = controller;
    setError(null);
    setProgress({ phase: "checksum", bytes: 0 });
    const send = async () => {
      try {
        await importFeedBundle(client, file, { signal: controller.signal, onProgress: setProgress });
      } catch (failure) {
        setProgress(null);
        if (!controller.signal.aborted) setError(failure);
        return;
      }
      notify({ tone: "ok", word: "Uploaded", text: `${file.name} is being loaded; the page shows how far it is.` });
      void queries.invalidateQueries({ queryKey: ["vulnerability_feeds"] });
      onDone();
    };
    void send();
  };
  return { progress, error, begin, end };
}
