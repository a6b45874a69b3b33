/** A document of the Security Data API, `/cve/CVE-….json`: the fields that are read. */
export interface SecurityDocument {
  name: string;
  threat_severity?: string;
  public_date?: string;
  bugzilla?: { description?: string };
  cvss?: { cvss_scoring_vector?: string };
  cvss3?: { cvss3_scoring_vector?: string };
  cwe?: string;
  details?: string[];
  affected_release: AffectedRelease[];
  package_state: PackageState[];
}

export interface AffectedRelease {
  product_name: string;
  /** `kernel-0:5.14.0-70.13.1.el9_0`, `nodejs:18-8080…`, an image's name; absent for advisories that name none. */
  package?: string;
  advisory: string;
  cpe: string;
}

export interface PackageState {
  product_name: string;
  package_name: string;
  fix_state: string;
  cpe: string;
}

/** @throws {Error} naming the field that is not as Red Hat writes it */
export function securityDocument(value: unknown): SecurityDocument {
  if (!isObject(value) || typeof value["name"] !== "string" || !/^CVE-\d{4}-\d{4,}$/u.test(value["name"])) {
    throw new Error("name is no CVE id");
  }
  for (const field of ["bugzilla", "cvss", "cvss3"]) {
    if (value[field] !== undefined && !isObject(value[field])) throw new Error(`${field} is no object`);
  }
  return {
    ...(value as unknown as SecurityDocument),
    details: texts(value["details"]),
    affected_release: objects(value["affected_release"], "affected_release", ["product_name", "advisory", "cpe"]),
    package_state: objects(value["package_state"], "package_state", ["product_name", "package_name", "fix_state", "cpe"]),
  };
}

/** The field is a list, or the one object that would be in it. */
function objects<T>(value: unknown, field: string, needed: readonly string[]): T[] {
  if (value === undefined || value === null) return [];
  const list: unknown[] = Array.isArray(value) ? value : [value];
  for (const one of list) {
    if (!isObject(one)) throw new Error(`${field} holds something that is no object`);
    const missing = needed.find((name) => typeof one[name] !== "string");
    if (missing !== undefined) throw new Error(`${field}.${missing} is no text`);
  }
  return list as T[];
}

function texts(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).filter((one) => typeof one === "string");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
