import { useDeferredValue, useState } from "react";
import { useCorrectTitles, type CorrectionRequest } from "../../../data/corrections.ts";
import { FormFailure, explain } from "../../../parts/answers.tsx";
import { countOf } from "../../../parts/format.ts";
import { notify } from "../../../parts/notices.tsx";
import { useGo } from "../../../parts/use-go.ts";
import { paths } from "../../../paths.ts";
import { Button } from "../../../ui/button.tsx";
import { Choices } from "../../../ui/choices.tsx";
import { Dialog } from "../../../ui/dialog.tsx";
import { TextField } from "../../../ui/field.tsx";
import { Form, FormEnd } from "../../../ui/form.tsx";
import { CorrectionPreview } from "./correction-preview.tsx";
import { PickTitles } from "./pick-titles.tsx";

interface CorrectedTitle {
  id: number;
  name: string;
  source: string;
}

type Kind = CorrectionRequest["type"];
interface Fields {
  name: string;
  name_starts_with: string;
  version_starts_with: string;
  vendor: string;
  title_ids: number[];
}

const KINDS: { value: Kind; label: string; note: string }[] = [
  { value: "rename", label: "Rename", note: "another name for this title, whatever its software is called" },
  { value: "merge", label: "Merge", note: "other titles become part of this one" },
  { value: "split", label: "Split", note: "some of its software becomes a title of its own" },
];
const DONE: Record<Kind, string> = { rename: "Renamed", merge: "Merged", split: "Split" };

/** What the fields ask for; undefined while something is missing. */
export function requestOf(kind: Kind, title: CorrectedTitle, fields: Fields): CorrectionRequest | undefined {
  const name = fields.name.trim();
  if (kind === "merge")
    return fields.title_ids.length === 0 ? undefined : { type: "merge", title_ids: fields.title_ids, into_title_id: title.id };
  if (kind === "rename") return name === "" || name === title.name ? undefined : { type: "rename", title_id: title.id, name };
  const { name_starts_with, version_starts_with, vendor } = fields;
  if (name === "" || (name_starts_with === "" && version_starts_with === "" && vendor === "")) return undefined;
  return {
    type: "split",
    title_id: title.id,
    name,
    ...(name_starts_with === "" ? {} : { name_starts_with }),
    ...(version_starts_with === "" ? {} : { version_starts_with }),
    ...(vendor === "" ? {} : { vendor }),
  };
}

/** Renames, merges or splits a title, after showing what that changes. */
export function CorrectTitle({ title, onClose }: { title: CorrectedTitle; onClose: () => void }) {
  const [kind, setKind] = useState<Kind>("rename");
  const [fields, setFields] = useState<Fields>({
    name: "",
    name_starts_with: "",
    version_starts_with: "",
    vendor: "",
    title_ids: [],
  });
  const request = requestOf(kind, title, fields);
  const shown = useDeferredValue(request);
  const correct = useCorrectTitles();
  const go = useGo();
  const save = () =>
    request !== undefined &&
    correct.mutate(request, {
      onSuccess: ({ correction }) => {
        const { hosts_count, versions_count, into } = correction;
        const moved = `${countOf(versions_count, "version")} on ${countOf(hosts_count, "device")} moved.`;
        notify({
          tone: "ok",
          word: DONE[kind],
          text: `${kind === "rename" ? "" : `${moved} `}Undo it under Settings, Corrections.`,
        });
        onClose();
        if (kind === "split" && into !== null) go(paths.softwareTitle(into.id));
      },
    });
  return (
    <Dialog title={`Correct ${title.name}`} onClose={onClose}>
      <Form onSubmit={save}>
        <Choices label="Kind of correction" value={kind} options={KINDS} onChoose={setKind} />
        <CorrectionFields kind={kind} title={title} fields={fields} onChange={setFields} />
        {shown !== undefined && <CorrectionPreview request={shown} />}
        <FormFailure text={correct.error === null ? undefined : explain(correct.error)} />
        <FormEnd>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            look="primary"
            busy={correct.isPending}
            blocked={request === undefined ? "Fill in the fields first" : undefined}
          >
            {KINDS.find((k) => k.value === kind)?.label}
          </Button>
        </FormEnd>
      </Form>
    </Dialog>
  );
}

interface FieldsProps {
  kind: Kind;
  title: CorrectedTitle;
  fields: Fields;
  onChange: (fields: Fields) => void;
}

function CorrectionFields({ kind, title, fields, onChange }: FieldsProps) {
  const input = (field: Exclude<keyof Fields, "title_ids">) => ({
    value: fields[field],
    maxLength: 255,
    autoComplete: "off",
    spellCheck: false,
    onChange: (event: { target: { value: string } }) => onChange({ ...fields, [field]: event.target.value }),
  });
  if (kind === "merge")
    return <PickTitles into={title} picked={fields.title_ids} onPick={(title_ids) => onChange({ ...fields, title_ids })} />;
  if (kind === "rename") return <TextField label="New name" {...input("name")} />;
  return (
    <>
      <TextField label="Name of the new title" {...input("name")} />
      <TextField
        label="Software name begins with"
        hint="Letter case counts. What is left empty asks nothing."
        {...input("name_starts_with")}
      />
      <TextField label="Version begins with" {...input("version_starts_with")} />
      <TextField label="Vendor is" {...input("vendor")} />
    </>
  );
}
