import type { FixFirst } from "#protocol/rest/vulnerability-judgement.ts";
import { paths } from "../../paths.ts";

/** The vulnerabilities of a title that is to be updated; undefined where no list is limited to exactly it (source packages, systems). */
export function vulnerabilitiesOf({ software_title_id }: FixFirst): string | undefined {
  return software_title_id === null ? undefined : paths.vulnerabilities({ software_title_id, state: "affected" });
}

/** The devices that hold the title. */
export function devicesToUpdate({ software_title_id }: FixFirst): string | undefined {
  return software_title_id === null ? undefined : paths.devices({ software_title_id });
}
