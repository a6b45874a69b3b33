import type { VendorProduct } from "./vendor-products.ts";

/** Applications of Office for Mac that share its common code: what is said of "Microsoft Office" concerns each. */
const SUITE = ["word", "excel", "powerpoint", "outlook"] as const;
/** Programs that Office for Mac does not have; Microsoft lists the suite for them all the same. */
const NOT_ON_MAC = /\b(?:access|visio|publisher|project|skype|sharepoint|lync|infopath)\b/i;
const APPLICATION = /\b(word|excel|powerpoint|outlook|onenote)\b/i;

/**
 * What a fix of Office for Mac mends. Microsoft names the suite (`Microsoft Office LTSC for Mac 2021`) and a build (`16.91.24111020`);
 * which application is concerned is in the vulnerability's title ("Microsoft Excel Remote Code Execution Vulnerability"). Applications
 * show the first two numbers, and a third where a release was mended later (`16.79.2`), which is none of the build's.
 *
 * @param title of the vulnerability
 * @returns null for another product; empty where it concerns no application or the build cannot be compared
 */
export function officeForMac(name: string, fixedBuild: string, title: string): VendorProduct[] | null {
  const [, one] =
    /^Microsoft (?:Office(?: LTSC)?|(Word|Excel|PowerPoint|Outlook|OneNote))(?: 20\d\d)? for Mac(?: 20\d\d)?$/.exec(
      name.trim(),
    ) ?? [];
  if (one === undefined && !/^Microsoft Office\b.* for Mac\b/.test(name)) return null;
  const build = /^(16\.\d+)(?:\.\d{8})?$/.exec(fixedBuild.trim())?.[1];
  if (build === undefined) return [];
  const applications = one === undefined ? applicationsOf(title) : [one.toLowerCase()];
  return applications.map((application) => ({
    package: `microsoft:${application}`,
    build,
    introduced: "16.0",
    family: "darwin",
  }));
}

function applicationsOf(title: string): readonly string[] {
  const application = APPLICATION.exec(title)?.[1]?.toLowerCase();
  if (application !== undefined) return [application];
  return NOT_ON_MAC.test(title) ? [] : SUITE;
}
