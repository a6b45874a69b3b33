import { Button } from "../../ui/button.tsx";
import { Checkbox } from "../../ui/field.tsx";
import { ChevronDownIcon } from "../../ui/icons.ts";
import { Icon } from "../../ui/icon.tsx";
import { Stack } from "../../ui/layout.tsx";
import { Popover } from "../../ui/popover.tsx";

interface MultiChoiceProps {
  /** Read aloud, and the heading of the box. */
  label: string;
  /** The words of "no choice". */
  any: string;
  /** Of several, after their number: `sources`. */
  many: string;
  /** A comma list; undefined: no choice, which stands for all. */
  value: string | undefined;
  options: readonly { value: string; label: string }[];
  onChoose: (value: string | undefined) => void;
}

/** A filter that takes several values at once. What is chosen applies at once; the box stays open for the next choice. */
export function MultiChoice({ label, any, many, value, options, onChoose }: MultiChoiceProps) {
  const chosen = (value ?? "").split(",").filter((name) => name !== "");
  const toggle = (name: string, on: boolean) => {
    const next = on ? [...chosen, name] : chosen.filter((other) => other !== name);
    onChoose(next.length === 0 ? undefined : next.join(","));
  };
  const [first] = chosen;
  const words =
    first === undefined
      ? any
      : chosen.length > 1
        ? `${chosen.length} ${many}`
        : (options.find((option) => option.value === first)?.label ?? first);
  return (
    <Popover
      kind="dialog"
      label={label}
      trigger={(props) => (
        <Button {...props} look={first === undefined ? "choice" : "chosen"} aria-label={`${label}: ${words}`}>
          {words}
          <Icon of={ChevronDownIcon} size={14} />
        </Button>
      )}
    >
      {() => (
        <Stack gap={2}>
          {options.map((option) => (
            <Checkbox
              key={option.value}
              label={option.label}
              checked={chosen.includes(option.value)}
              onChange={(event) => toggle(option.value, event.target.checked)}
            />
          ))}
        </Stack>
      )}
    </Popover>
  );
}
