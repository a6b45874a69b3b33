import type { DecisionRequest, DecisionScope } from "../../data/vulnerability-decisions.ts";
import { present } from "../../search-values.ts";
import type { VulnerabilityAnswer } from "./affected-tab.tsx";

/** What somebody has filled in so far. */
export interface DecisionForm {
  kind: "accepted_risk" | "false_positive";
  /** What it is about: `any`, `title-3`, `software-12`, `system-4`. */
  about: string;
  /** On which devices: all, those of a label, one. */
  where: "all" | "label" | "device";
  label_id: number | undefined;
  host: { id: number; name: string } | undefined;
  reason: string;
  /** `YYYY-MM-DD`; it ends at the end of that day, in UTC. */
  expires: string;
  reopen_kev: boolean;
  reopen_severity: boolean;
  reopen_fix: boolean;
  /** Per cent, as typed. */
  reopen_epss: string;
}

export const EMPTY_FORM: DecisionForm = {
  kind: "accepted_risk",
  about: "any",
  where: "all",
  label_id: undefined,
  host: undefined,
  reason: "",
  expires: "",
  reopen_kev: true,
  reopen_severity: false,
  reopen_fix: false,
  reopen_epss: "",
};

/** What a decision on a vulnerability can be about: everything that has it, a title, a version, an operating system. */
export function aboutOptions({ software, os_versions }: VulnerabilityAnswer): { value: string; label: string }[] {
  const rows = software ?? [];
  const titles = new Map(rows.map((row) => [row.software_title_id, row.name]));
  const versions = new Map(rows.map((row) => [row.id, `${row.name} ${row.version}`]));
  return [
    { value: "any", label: "Whatever has it" },
    ...[...titles].map(([id, name]) => ({ value: `title-${id}`, label: `All versions of ${name}` })),
    ...[...versions].map(([id, name]) => ({ value: `software-${id}`, label: `Only ${name}` })),
    ...(os_versions ?? []).map((row) => ({ value: `system-${row.os_version_id}`, label: `Only ${row.name}` })),
  ];
}

/** The scope that the form stands for; undefined while a label or device is yet to be chosen. */
export function scopeOfForm(cve: string, form: DecisionForm): DecisionScope | undefined {
  if (form.where === "label" && form.label_id === undefined) return undefined;
  if (form.where === "device" && form.host === undefined) return undefined;
  const [kind, digits] = form.about.split("-");
  const id = Number(digits);
  return present({
    cve,
    software_title_id: kind === "title" ? id : undefined,
    software_version_id: kind === "software" ? id : undefined,
    os_version_id: kind === "system" ? id : undefined,
    label_id: form.where === "label" ? form.label_id : undefined,
    host_id: form.where === "device" ? form.host?.id : undefined,
  }) as DecisionScope;
}

/** The decision that the form stands for, or why there is none yet. */
export function requestOfForm(cve: string, form: DecisionForm): { request: DecisionRequest } | { gap: string } {
  const scope = scopeOfForm(cve, form);
  if (scope === undefined) return { gap: form.where === "label" ? "Choose a label first" : "Choose a device first" };
  if (form.reason.trim() === "") return { gap: "Say why first" };
  const epss = Number(form.reopen_epss.replace(",", "."));
  if (form.reopen_epss !== "" && !(epss > 0 && epss <= 100)) return { gap: "EPSS is a number above 0, up to 100" };
  return {
    request: {
      ...scope,
      ...present({
        kind: form.kind,
        reason: form.reason.trim(),
        expires_at: form.expires === "" ? undefined : `${form.expires}T23:59:59Z`,
        reopen_kev: form.reopen_kev,
        reopen_severity: form.reopen_severity,
        reopen_fix: form.reopen_fix,
        reopen_epss: form.reopen_epss === "" ? undefined : epss / 100,
      }),
    } as DecisionRequest,
  };
}
