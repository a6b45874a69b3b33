/**
 * The name that the versions of one Windows program have in common: "Mozilla Firefox 115.0.2 (x64 en-US)" is "Mozilla Firefox".
 *
 * Windows programs put their version, architecture and language into their name, and most have no identifier that outlives a version,
 * so without this each version would be a title of its own. The rules, with examples, are in docs/guide/titles.md; an administrator
 * corrects what they get wrong. They cut away only what is recognisably a version, an architecture, a language or an installation
 * scope: a name that is cut too little makes two titles, one that is cut too much mixes two products.
 *
 * CHANGING A RULE MOVES SOFTWARE TO OTHER TITLES: add a derivation version (derivation/derivations.ts), which re-titles what is stored.
 */

/** Sources whose names carry versions. Package managers and app bundles name a product the same in all its versions. */
const VERSIONED_NAME_SOURCES: ReadonlySet<string> = new Set(["programs"]);

/**
 * Products of which several generations are kept side by side, each a product of its own with its own support dates: that many parts
 * of the version stay in the name. Years ("SQL Server 2019") and single numbers ("Java 8", "PostgreSQL 14") always stay.
 */
export const FAMILIES: readonly { name: RegExp; parts: number; example: string }[] = [
  { name: /^Microsoft \.NET Framework|^\.NET Framework/i, parts: 3, example: "Microsoft .NET Framework 4.7.2 Targeting Pack" },
  {
    name: /^Microsoft ?(\.NET|ASP\.NET|Windows Desktop)|^\.NET /i,
    parts: 2,
    example: "Microsoft .NET Runtime - 8.0.1 (x64) → … - 8.0",
  },
  { name: /^Python \d/i, parts: 2, example: "Python 3.11.4 (64-bit) → Python 3.11" },
  { name: /^(MSXML|Microsoft XNA|Windows App Runtime)/i, parts: 2, example: "MSXML 4.0 SP2 Parser and SDK" },
  {
    name: /^Windows Software Development Kit|^Windows SDK/i,
    parts: 3,
    example: "… - Windows 10.0.17134.12 → … - Windows 10.0.17134",
  },
  { name: /^(MySQL Server|MariaDB|PostgreSQL|MongoDB)\b/i, parts: 2, example: "MySQL Server 8.0.30 → MySQL Server 8.0" },
  { name: /^(Ruby|PHP|Perl|Node\.js) \d/i, parts: 2, example: "Ruby 3.0.2-1-x64 with MSYS2 → Ruby 3.0 with MSYS2" },
  {
    name: /\b(JDK|JRE|OpenJDK|Java SE|Corretto)\b/i,
    parts: 1,
    example: "Eclipse Temurin JDK with Hotspot 17.0.5+8 (x64) → … 17",
  },
  { name: /^Microsoft SQL Server (Compact )?\d{1,2}\.\d/i, parts: 2, example: "Microsoft SQL Server Compact 3.5 SP2" },
];

const INVISIBLE = /[\u00AD\u200B-\u200F\u202A-\u202E\u2060-\u2064\u2066-\u2069\uFEFF]/gu;
const ARCHITECTURE =
  /^(x64|x86|x86_64|x64_x86|x64_arm|x64_arm64|x86-64|amd64|arm64|aarch64|ia64|i[3-6]86|win32|win64|(32|64)-?bits?)$/i;
/** `en-US`, `zh-Hant-TW`; a bare `de` only where Firefox puts it, beside an architecture. */
const LOCALE = /^[a-z]{2,3}-([A-Z][a-z]{3}|[A-Z]{2}|[a-z]{2}|[a-z]{4})(-[A-Z]{2}|-[a-z]{2})?$/;
const LANGUAGE = /^[a-z]{2,3}$/;
// no group within a repeated group: a hostile name must not take exponential time
const VERSION = /^(v|go)?\d+(?:[.,_]\d+)+(?:[-+_.~a-z0-9]*[a-z0-9])?$/i;
const NUMBER = /^\d+$/;
const YEAR = /^(19|20)\d\d$/;
/** Words that announce a version: they go with it, and with a plain number too. */
const ANNOUNCES = /^(version|ver\.?|v\.?|build|rev\.?|revision):?$/i;
const SCOPE = /^(user|machine|(only )?current user|all users|per-user)$/i;
const EDITION = /^edition$/i;
/** Updates that Windows lists as programs: their number is what they are. */
const KNOWLEDGE_BASE = /\bKB\d{5,}\b/;

/**
 * The name of the title that a piece of software belongs to, where no identifier decides.
 *
 * @param version what the device reports; a word of the name that equals it goes, whatever it looks like
 * @example titleName({ source: "programs", name: "7-Zip 22.01 (x64)", version: "22.01" }) // "7-Zip"
 * @example titleName({ source: "deb_packages", name: "python3.11", version: "3.11.2-6" }) // "python3.11"
 */
export function titleName(software: { source: string; name: string; version: string }): string {
  if (!VERSIONED_NAME_SOURCES.has(software.source)) return software.name;
  const name = tidy(software.name.replace(INVISIBLE, ""));
  if (KNOWLEDGE_BASE.test(name)) return name;
  const parts = FAMILIES.find((family) => family.name.test(name))?.parts ?? 0;
  const cut = cutWords(cutLanguage(cutBrackets(cutBothArchitectures(name), parts)), software.version, parts);
  // what has no letter left was a number by name ("7.1"), or is nothing
  return /\p{L}/u.test(cut) ? cut : name || software.name;
}

/** White space of every kind is one space; nothing dangles at the end, before a comma or in empty brackets. */
function tidy(name: string): string {
  return name
    .replace(/\s+/gu, " ")
    .replace(/([([]) | ([)\],])/gu, "$1$2")
    .replace(/\(\)|\[\]/gu, " ")
    .replace(/\s+/gu, " ")
    .replace(/( [-–—]) (?=[-–—] )/gu, "")
    .replace(/[\s\-–—:;,|]+$/u, "")
    .trim();
}

/** "LockHunter 3.3, 32/64 bit" */
function cutBothArchitectures(name: string): string {
  return name.replace(/,? 32[/\\]64[ -]?bit( edition)?/iu, "");
}

/** "(x64 en-US)", "(64-bit)", "[1.2.3]", "(User)": brackets that hold nothing but architecture, language, version or scope. */
function cutBrackets(name: string, parts: number): string {
  const kept = name.replace(/[([]([^()[\]]*)[)\]]/gu, (group, inner: string) => (isNoise(inner, parts) ? " " : group));
  // Firefox for Windows XP: "Mozilla Firefox 57.0.2 (fr)"
  return tidy(kept.replace(/( \d+(?:\.\d+)+) \([a-z]{2}\)$/u, "$1"));
}

function isNoise(inner: string, parts: number): boolean {
  if (SCOPE.test(inner.trim())) return true;
  const words = inner.split(/[\s,;]+/u).filter((word) => word !== "");
  const architecture = words.some((word) => ARCHITECTURE.test(word) || /^(32|64)$/.test(word));
  return words.every((word, i) => {
    const [before = "", after = ""] = [words[i - 1], words[i + 1]];
    if (ARCHITECTURE.test(word) || LOCALE.test(word)) return true;
    if (ANNOUNCES.test(before) && /^v?\d/iu.test(word)) return true;
    if (ANNOUNCES.test(word)) return /^v?\d/iu.test(after);
    if (VERSION.test(word)) return parts === 0;
    if (NUMBER.test(word)) return /^bits?$/i.test(after);
    return architecture && (LANGUAGE.test(word) || /^bits?$/i.test(word) || EDITION.test(word));
  });
}

/** "Microsoft 365 Apps for enterprise - en-us": a language behind a dash at the end. */
function cutLanguage(name: string): string {
  const [, head, locale] = /^(.+) [-–—] (\S+)$/u.exec(name) ?? [];
  return head !== undefined && LOCALE.test(locale ?? "") ? tidy(head) : name;
}

/** Versions and architectures between the other words. */
function cutWords(name: string, version: string, parts: number): string {
  const words = name.split(" ");
  const kept = words.map((word, i) => {
    const [before = "", after = ""] = [words[i - 1], words[i + 1]];
    const bare = word.replace(/^[([]+|[)\],;:]+$/gu, "");
    if (isArchitecture(bare, before, after)) return word.replace(bare, "");
    if (ANNOUNCES.test(bare) && /^v?\d/iu.test(after) && !YEAR.test(after)) return word.replace(bare, "");
    if (isVersion(bare, before, version)) return word.replace(bare, firstParts(bare, parts));
    return withoutAttachedVersion(word, parts);
  });
  const joined = tidy(kept.join(" ")).replace(/\b(Java(?:\(TM\))?(?: SE)? \d+) Update \d+\b/u, "$1");
  // "… Compatibility Database for x64"
  return words.length > 1 && ARCHITECTURE.test(words.at(-1) ?? "") ? joined.replace(/ for$/u, "") : joined;
}

/** `x64`, `64-bit`, `64 bit`, and the "Edition" of "32-Bit Edition". */
function isArchitecture(word: string, before: string, after: string): boolean {
  if (ARCHITECTURE.test(word)) return true;
  if (/^(32|64)$/.test(word)) return /^bits?[)\]]*$/iu.test(after);
  if (/^bits?$/i.test(word)) return /^[([]*(32|64)$/u.test(before);
  return EDITION.test(word) && ARCHITECTURE.test(before);
}

function isVersion(word: string, before: string, version: string): boolean {
  if (VERSION.test(word)) return true;
  if (/^\d[\d-]*$/u.test(word) && ANNOUNCES.test(before)) return !YEAR.test(word);
  // a plain number is more often the product's generation than its version
  return word === version && /\d/u.test(word) && !NUMBER.test(word);
}

/** The parts of a version that are the product's name: `3.11.4` → `3.11`; Java's `1.8.0` is 1.8 whatever the number of parts. */
function firstParts(version: string, parts: number): string {
  if (parts === 0) return "";
  const numbers = (/^(?:v|go)?(\d+(?:[.,_]\d+)*)/iu.exec(version)?.[1] ?? version).split(/[.,_]/u);
  return numbers.slice(0, numbers[0] === "1" && parts === 1 ? 2 : parts).join(".");
}

/** "BKChem-0.13.0", "Manifest-7.0.100": a version behind a hyphen, without a space. */
function withoutAttachedVersion(word: string, parts: number): string {
  const at = word.search(/-v?\d+\.\d/iu);
  const [head, version] = [word.slice(0, Math.max(at, 0)), word.slice(at + 1).replace(/^v/iu, "")];
  if (!/\p{L}/u.test(head) || !VERSION.test(version)) return word;
  const left = firstParts(version, parts);
  return left === "" ? head : `${head}-${left}`;
}
