import { useDeferredValue, useState } from "react";
import { useCorrectProduct } from "../../../data/product-corrections.ts";
import { FormFailure, fieldErrors } from "../../../parts/answers.tsx";
import { countOf } from "../../../parts/format.ts";
import { notify } from "../../../parts/notices.tsx";
import { Button } from "../../../ui/button.tsx";
import { Choices } from "../../../ui/choices.tsx";
import { Dialog } from "../../../ui/dialog.tsx";
import { TextArea, TextField } from "../../../ui/field.tsx";
import { Form, FormEnd } from "../../../ui/form.tsx";
import { Cluster, Stack } from "../../../ui/layout.tsx";
import { Quiet, Strong } from "../../../ui/text.tsx";
import {
  productsError,
  requestOf,
  type CorrectedSoftware,
  type CorrectionFields,
  type CorrectionKind,
  type CorrectionScope,
} from "./correction-request.ts";
import { ProductPreview } from "./product-preview.tsx";

interface CorrectProductProps {
  of: CorrectedSoftware;
  /** How it was identified, or why it could not be. */
  why?: string;
  /** Products to choose from, the likest first. */
  suggestions?: readonly { product: string }[];
  /** What it is taken for now: said not to be, unless the person chooses otherwise. */
  taken?: readonly string[];
  onClose: () => void;
}

const KINDS: { value: CorrectionKind; label: string; note: string }[] = [
  { value: "is", label: "It is this product", note: "its vulnerabilities are compared with the version from now on" },
  { value: "is_not", label: "It is not this product", note: "vulnerabilities of that product no longer count for it" },
  {
    value: "no_product",
    label: "It is no product",
    note: "nothing publishes vulnerabilities of it; it is not asked about again",
  },
];

/** The typed products; nothing while they are what it is taken for anyway. */
function productsWithout(products: string, taken: readonly string[]): string {
  return products === taken.join(", ") ? "" : products;
}

/** Says which product of the vulnerability databases software is, after showing what that changes. */
export function CorrectProduct({ of, why, suggestions = [], taken = [], onClose }: CorrectProductProps) {
  const [fields, setFields] = useState<CorrectionFields>({
    kind: taken.length === 0 ? "is" : "is_not",
    scope: "title",
    products: taken.join(", "),
    name_pattern: of.name,
    edition: "",
    reason: "",
  });
  const change = (part: Partial<CorrectionFields>) => setFields({ ...fields, ...part });
  const request = requestOf(of, fields);
  // a reason changes nothing that a preview shows
  const previewed = useDeferredValue(JSON.stringify(requestOf(of, { ...fields, reason: "" })));
  const correct = useCorrectProduct();
  const missing = typeof request === "string" ? request : fields.reason.trim() === "" ? "Say why first" : undefined;
  const save = () =>
    typeof request !== "string" &&
    missing === undefined &&
    correct.mutate(request, {
      onSuccess: ({ correction }) => {
        const told = `${countOf(correction.software_count, "version")} on ${countOf(correction.hosts_count, "device")}`;
        notify({
          tone: "ok",
          word: "Corrected",
          text: `${told} are matched again within seconds. It can be undone in the list of corrections.`,
        });
        onClose();
      },
    });
  return (
    <Dialog title={taken.length === 0 ? `Identify ${of.name}` : `What ${of.name} is`} form="sheet" onClose={onClose}>
      <Form onSubmit={save}>
        {why !== undefined && <Quiet small>{why}</Quiet>}
        <Choices
          label="What it is"
          value={fields.kind}
          options={KINDS}
          // what it is taken for is what it is not: for the other answer the product is yet to be named
          onChoose={(kind) =>
            change({
              kind,
              products: kind === "is_not" ? fields.products || taken.join(", ") : productsWithout(fields.products, taken),
            })
          }
        />
        {fields.kind !== "no_product" && <Products fields={fields} suggestions={suggestions} onChange={change} />}
        <Scope of={of} fields={fields} onChange={change} />
        <Preview request={previewed} />
        <TextArea
          label="Why"
          hint="Kept with the correction, with your name."
          rows={2}
          maxLength={1000}
          value={fields.reason}
          onChange={(event) => change({ reason: event.target.value })}
        />
        <FormFailure text={Object.values(fieldErrors(correct.error))[0]} />
        <FormEnd>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={correct.isPending} blocked={missing}>
            Correct
          </Button>
        </FormEnd>
      </Form>
    </Dialog>
  );
}

interface PartProps {
  fields: CorrectionFields;
  onChange: (part: Partial<CorrectionFields>) => void;
}

function Products({ fields, suggestions, onChange }: PartProps & { suggestions: readonly { product: string }[] }) {
  return (
    <Stack gap={3}>
      <TextField
        label="Product"
        hint="As CPE names write it, vendor:product, for example mozilla:firefox. Several by comma."
        className="mono"
        autoComplete="off"
        spellCheck={false}
        maxLength={2000}
        value={fields.products}
        error={productsError(fields.products)}
        onChange={(event) => onChange({ products: event.target.value })}
      />
      {suggestions.length > 0 && (
        <Stack gap={1}>
          <Quiet small>Names that are alike; nothing is matched by likeness, you choose:</Quiet>
          <Cluster>
            {suggestions.map(({ product }) => (
              <Button key={product} onClick={() => onChange({ products: product })}>
                {product}
              </Button>
            ))}
          </Cluster>
        </Stack>
      )}
      {fields.kind === "is" && (
        <TextField
          label="Edition (optional)"
          hint="Where versions of several editions are numbered alike: esr, lts, continuous."
          autoComplete="off"
          maxLength={64}
          value={fields.edition}
          onChange={(event) => onChange({ edition: event.target.value })}
        />
      )}
    </Stack>
  );
}

function Scope({ of, fields, onChange }: PartProps & { of: CorrectedSoftware }) {
  const options: { value: CorrectionScope; label: string; note: string }[] = [
    { value: "title", label: "All versions", note: "of this title, later ones included" },
    ...(of.software_version_id === undefined
      ? []
      : [{ value: "version" as const, label: `Only ${of.version ?? "this version"}`, note: "other versions stay as they are" }]),
    { value: "name", label: "By name", note: "all software of this source whose name is like it" },
  ];
  return (
    <Stack gap={2}>
      <Strong>For which software</Strong>
      <Choices label="For which software" value={fields.scope} options={options} onChoose={(scope) => onChange({ scope })} />
      {fields.scope === "name" && (
        <TextField
          label="Name"
          hint="Without version and architecture; * stands for any characters, ? for one."
          autoComplete="off"
          maxLength={255}
          value={fields.name_pattern}
          onChange={(event) => onChange({ name_pattern: event.target.value })}
        />
      )}
    </Stack>
  );
}

/** The preview of a request as JSON text: equal requests are equal texts; what is not complete yet is a JSON string. */
function Preview({ request }: { request: string }) {
  const parsed: unknown = JSON.parse(request);
  if (typeof parsed === "string") return null;
  return <ProductPreview request={parsed as Parameters<typeof ProductPreview>[0]["request"]} />;
}
