/** OVAL as distributions publish it: the parts of a document that say which package versions a definition is about. */

/** A node of a definition's tree: either the id of a test, or a combination of nodes. */
export type OvalNode = string | OvalCriteria;

export interface OvalCriteria {
  operator: "AND" | "OR";
  children: OvalNode[];
}

export interface OvalCve {
  id: string;
  /** `7.0/CVSS:3.1/AV:L/…` (Red Hat, SUSE) or the vector alone (Ubuntu). */
  cvss3?: string;
  /** `CWE-416`, `CWE-20->CWE-416`, `(CWE-20|CWE-416)`. */
  cwe?: string;
  /** The publisher's word for how bad it is: `moderate`, `medium`. */
  impact?: string;
  url?: string;
  /** Ubuntu's package definitions: the test that speaks of this vulnerability. */
  test?: string;
}

export interface OvalDefinition {
  id: string;
  /** `patch`, `vulnerability`, `inventory`, `miscellaneous`. */
  class: string;
  title: string;
  description: string;
  platforms: string[];
  references: { source: string; id: string; url?: string }[];
  severity?: string;
  /** YYYY-MM-DD. */
  issued?: string;
  updated?: string;
  cves: OvalCve[];
  /** Red Hat: what becomes of components that are not fixed (`Will not fix`), by component. */
  resolutions: Map<string, string>;
  cpes: string[];
  criteria: OvalCriteria | null;
}

export interface OvalTest {
  /** Local name of its element: `rpminfo_test`, `uname_test`. */
  kind: string;
  comment: string;
  /** True where it holds when nothing satisfies it. */
  none: boolean;
  object: string | null;
  states: string[];
}

export interface OvalObject {
  /** Package names written in the object itself. */
  names: string[];
  /** Variable that holds the names or patterns. */
  variable: string | null;
}

/** What a state asks of one field: `evr less than 1:2-3`. */
export interface OvalField {
  field: string;
  operation: string;
  value: string;
}

export interface OvalDocument {
  definitions: OvalDefinition[];
  tests: Map<string, OvalTest>;
  objects: Map<string, OvalObject>;
  states: Map<string, OvalField[]>;
  variables: Map<string, string[]>;
  /** What criteria say of the tests they refer to, where that tells a product or a kind of support. */
  comments: Map<string, string>;
}
