/** A monthly document of Microsoft's security updates (CVRF), XML or JSON, as far as Muster reads it. */
export interface MsrcVulnerability {
  /** `CVE-2024-20659`; advisories are `ADV240001`. */
  cve: string;
  title: string;
  description: string;
  cwes: string[];
  /** Product ids that are known to be affected. */
  affected: Set<string>;
  /** Severity in Microsoft's words by product id; "" for all. */
  severities: Map<string, string>;
  isExploited: boolean;
  /** Distinct CVSS vectors. */
  vectors: Set<string>;
  fixes: MsrcFix[];
  /** ISO times without a zone, UTC. */
  revisions: string[];
}

/** A vendor fix: an update, the products it is for, and the build that they have with it. */
export interface MsrcFix {
  /** Number of the knowledge base article; "" where it is something else. */
  kb: string;
  /** Numbers of the articles whose updates it replaces. */
  supersedes: string[];
  url: string;
  subType: string;
  fixedBuild: string;
  products: string[];
}

export type MsrcItem = { product: { id: string; name: string } } | { vulnerability: MsrcVulnerability };

/** Numbers of articles in a text such as `5043050`, `KB5043050; 5041578`. */
export function articles(text: string): string[] {
  return [...text.matchAll(/\b(?:KB)?(\d{6,8})\b/g)].map(([, number = ""]) => number);
}
