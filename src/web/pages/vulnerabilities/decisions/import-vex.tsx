import { useState } from "react";
import { useImportVex } from "../../../data/vex.ts";
import { fieldErrors, FormFailure } from "../../../parts/answers.tsx";
import { countOf, formatBytes } from "../../../parts/format.ts";
import { Button } from "../../../ui/button.tsx";
import { Callout } from "../../../ui/callout.tsx";
import { Dialog } from "../../../ui/dialog.tsx";
import { FileField } from "../../../ui/file-field.tsx";
import { Folded } from "../../../ui/folded.tsx";
import { Form, FormEnd } from "../../../ui/form.tsx";
import { Stack } from "../../../ui/layout.tsx";
import { Quiet } from "../../../ui/text.tsx";

/** The most that the server takes (VEX_BODY_BYTES_MAX), with room for what the request adds. */
const FILE_BYTES_MAX = 15 * 1024 * 1024;

/** Takes one VEX document and tells what it did. */
export function ImportVex({ onClose }: { onClose: () => void }) {
  const [file, setFile] = useState<File | null>(null);
  const take = useImportVex();
  const blocked =
    file === null
      ? "Choose a file first"
      : file.size > FILE_BYTES_MAX
        ? `The file is larger than ${formatBytes(FILE_BYTES_MAX)}`
        : undefined;
  return (
    <Dialog title="Import VEX" onClose={onClose}>
      {take.data === undefined ? (
        <Form onSubmit={() => file !== null && blocked === undefined && take.mutate(file)}>
          <Quiet small>
            OpenVEX 0.2, CSAF 2.0 or CycloneDX, as JSON. Findings that it calls not affected, fixed or a false positive are
            suppressed. A document of the same name is replaced.
          </Quiet>
          <FileField label="Document" accept=".json,application/json" onChoose={setFile} />
          <FormFailure text={failureOf(take.error)} />
          <FormEnd>
            <Button onClick={onClose}>Cancel</Button>
            <Button type="submit" look="primary" busy={take.isPending} blocked={blocked}>
              Import
            </Button>
          </FormEnd>
        </Form>
      ) : (
        <Result answer={take.data} onClose={onClose} />
      )}
    </Dialog>
  );
}

function failureOf(error: unknown): string | undefined {
  if (error instanceof SyntaxError) return "The file is no JSON.";
  return Object.values(fieldErrors(error))[0];
}

function Result({ answer, onClose }: { answer: NonNullable<ReturnType<typeof useImportVex>["data"]>; onClose: () => void }) {
  const { document, annotated_count, suppressed_count, skipped } = answer;
  return (
    <Stack gap={4}>
      <Callout
        tone={skipped.length === 0 ? "ok" : "warn"}
        title={`${countOf(document.statements_count, "statement")} taken over`}
      >
        <p role="status">
          {countOf(annotated_count, "finding")} of your devices {annotated_count === 1 ? "is" : "are"} spoken of,{" "}
          {countOf(suppressed_count, "of them is", "of them are")} suppressed.
        </p>
      </Callout>
      {skipped.length > 0 && (
        <Folded summary={`${countOf(skipped.length, "thing")} could not be taken over`}>
          <ul>
            {skipped.map((words) => (
              <li key={words}>{words}</li>
            ))}
          </ul>
        </Folded>
      )}
      <FormEnd>
        <Button look="primary" onClick={onClose}>
          Done
        </Button>
      </FormEnd>
    </Stack>
  );
}
