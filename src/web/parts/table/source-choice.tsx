import { SOURCES } from "#domain/software/sources.ts";
import { MultiChoice } from "./multi-choice.tsx";

interface SourceChoiceProps {
  /** A comma list; undefined: whatever source. */
  value: string | undefined;
  onChoose: (value: string | undefined) => void;
  /** Operating systems, which have vulnerabilities themselves, are a choice as well. */
  systems?: boolean;
}

const OF_SOFTWARE = SOURCES.map(({ source, label }) => ({ value: source, label }));
const WITH_SYSTEMS = [{ value: "operating_systems", label: "Operating systems" }, ...OF_SOFTWARE];

/** Which sources of software a list shows. */
export function SourceChoice({ value, onChoose, systems = false }: SourceChoiceProps) {
  const options = systems ? WITH_SYSTEMS : OF_SOFTWARE;
  return <MultiChoice label="Source" any="Any source" many="sources" value={value} options={options} onChoose={onChoose} />;
}
