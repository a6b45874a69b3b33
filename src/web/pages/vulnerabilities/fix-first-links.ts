import type { FixFirst } from "#protocol/rest/vulnerability-judgement.ts";
import { paths } from "../../paths.ts";

/** The vulnerabilities of a title that is to be updated; undefined where no list is limited to exactly it (source packages, systems). */
export function vulnerabilitiesOf({ software_title_id }: FixFirst): string | undefined {
  return software_title_id === null ? undefined : paths.vulnerabilities({ software_title_id, state: "affected" });
}

/** Exactly the devices that need the update; of a label, where the list is of that. */
export function devicesToUpdate({ id }: FixFirst, label_id: number | undefined): string {
  return paths.devices({ fix_id: id, ...(label_id === undefined ? {} : { label_id }) });
}
