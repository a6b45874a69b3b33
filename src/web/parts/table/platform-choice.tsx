import { PLATFORMS } from "../../search.ts";
import { PLATFORM_LABELS } from "../platform-labels.ts";
import { MultiChoice } from "./multi-choice.tsx";

const OPTIONS = PLATFORMS.map((value) => ({ value, label: PLATFORM_LABELS[value] }));

interface PlatformChoiceProps {
  /** A comma list of platforms. */
  value: string | undefined;
  onChoose: (value: string | undefined) => void;
}

/** The filter of lists by platform; several at once. */
export function PlatformChoice({ value, onChoose }: PlatformChoiceProps) {
  return <MultiChoice label="Platform" any="Any platform" many="platforms" value={value} options={OPTIONS} onChoose={onChoose} />;
}
