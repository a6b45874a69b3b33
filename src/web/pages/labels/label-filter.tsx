import { useQuery } from "@tanstack/react-query";
import { labelNamesQuery } from "../../data/label-queries.ts";
import { Select } from "../../ui/field.tsx";

/** Limits a list to the devices of one label. */
export function LabelFilter({ value, onChoose }: { value: number | undefined; onChoose: (id: number | undefined) => void }) {
  const names = useQuery(labelNamesQuery).data ?? [];
  const options = names.map((label) => ({ value: String(label.id), label: label.name }));
  // a label that is not (yet) among the names still shows that there is a filter
  const known = value === undefined || options.some((option) => option.value === String(value));
  return (
    <Select
      label="Label"
      any="Any label"
      value={value === undefined ? undefined : String(value)}
      options={known ? options : [...options, { value: String(value), label: `Label ${value}` }]}
      onChoose={(id) => onChoose(id === undefined ? undefined : Number(id))}
    />
  );
}
