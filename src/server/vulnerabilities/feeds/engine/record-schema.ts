import { Type } from "typebox";
import { Compile } from "typebox/compile";
import type { EpssScore, FeedRecord, LifeCycle } from "#domain/vulnerability/model.ts";
import { VERSION_SCHEMES } from "#domain/version/scheme.ts";

/** Limits of one record; docs/guide/feeds.md shows them. The largest genuine ones have less than a third of it. */
const RECORD_LIMITS = {
  idLength: 128,
  nameLength: 512,
  versionLength: 512,
  textLength: 100_000,
  vulnerabilities: 5000,
  aliases: 5000,
  packages: 20_000,
  ranges: 20_000,
  versions: 20_000,
  references: 2000,
  /** Characters of the whole record as JSON. */
  json: 32 * 1024 * 1024,
} as const;

const L = RECORD_LIMITS;
const Id = Type.String({ minLength: 1, maxLength: L.idLength, pattern: "^[\\x21-\\x7e]+$" });
const Name = Type.String({ minLength: 1, maxLength: L.nameLength });
const Short = Type.String({ maxLength: L.nameLength });
const Text = Type.String({ maxLength: L.textLength });
const Version = Type.String({ maxLength: L.versionLength });
const Severity = Type.Enum(["critical", "high", "medium", "low", "none", "unknown"]);
const Time = Type.String({ maxLength: 40, pattern: "^\\d{4}-\\d\\d-\\d\\d" });
const Day = Type.String({ pattern: "^\\d{4}-\\d\\d-\\d\\d$" });
const Shorts = Type.Array(Short, { maxItems: L.versions });
const closed = { additionalProperties: false };

const Range = Type.Object(
  {
    vulnerability: Id,
    status: Type.Enum(["affected", "not_affected", "unknown"]),
    provider: Name,
    name_kind: Type.Enum(["source", "binary", "package", "cpe", "product"]),
    scheme: Type.Enum([...VERSION_SCHEMES]),
    introduced: Type.Optional(Version),
    introduced_exclusive: Type.Optional(Type.Literal(true)),
    fixed: Type.Optional(Version),
    last_affected: Type.Optional(Version),
    versions: Type.Optional(Type.Array(Version, { maxItems: L.versions })),
    partial: Type.Optional(Type.Literal(true)),
    branch: Type.Optional(Version),
    fix: Type.Enum(["fixed", "unfixed", "will_not_fix", "deferred", "end_of_life", "unknown"]),
    fixed_in: Type.Optional(Version),
    channel: Type.Optional(Short),
    arch: Type.Optional(Shorts),
    module: Type.Optional(Short),
    edition: Type.Optional(Short),
    target_software: Type.Optional(Shorts),
    platform: Type.Optional(Type.Object({ families: Type.Optional(Shorts), unresolved: Type.Optional(Text) }, closed)),
    severity: Type.Optional(Severity),
    suppressed: Type.Optional(Text),
    advisory: Type.Optional(Short),
    url: Type.Optional(Text),
  },
  closed,
);

const Facts = Type.Object(
  {
    title: Type.Optional(Text),
    description: Type.Optional(Text),
    published: Type.Optional(Time),
    modified: Type.Optional(Time),
    rejected: Type.Optional(Type.Literal(true)),
    severity: Type.Optional(Severity),
    cvss: Type.Optional(
      Type.Array(Type.Object({ source: Short, version: Type.Enum(["2.0", "3.0", "3.1", "4.0"]), vector: Short }, closed), {
        maxItems: 200,
      }),
    ),
    cwes: Type.Optional(Type.Array(Short, { maxItems: 500 })),
    references: Type.Optional(
      Type.Array(Type.Object({ url: Text, tags: Type.Optional(Type.Array(Short, { maxItems: 100 })) }, closed), {
        maxItems: L.references,
      }),
    ),
    kev: Type.Optional(
      Type.Object(
        {
          date_added: Day,
          due_date: Type.Optional(Day),
          ransomware: Type.Boolean(),
          required_action: Type.Optional(Text),
          source: Short,
        },
        closed,
      ),
    ),
    exploit: Type.Optional(Type.Literal(true)),
    malware: Type.Optional(Type.Literal(true)),
  },
  closed,
);

const Record = Type.Object(
  {
    name: Name,
    vulnerabilities: Type.Array(Id, { maxItems: L.vulnerabilities }),
    aliases: Type.Optional(Type.Array(Type.Tuple([Id, Id]), { maxItems: L.aliases })),
    facts: Type.Union([Facts, Type.Null()]),
    affected: Type.Array(
      Type.Object({ ecosystem: Name, package: Name, ranges: Type.Array(Range, { maxItems: L.ranges }) }, closed),
      { maxItems: L.packages },
    ),
  },
  closed,
);

const share = Type.Number({ minimum: 0, maximum: 1 });
const Score = Type.Object({ cve: Id, epss: share, percentile: Type.Union([share, Type.Null()]) }, closed);

const end = Type.Optional(Type.Union([Day, Type.Boolean()]));
const Cycle = Type.Object(
  {
    product: Name,
    cycle: Name,
    codename: Type.Optional(Short),
    released: Type.Optional(Day),
    end_of_life: end,
    extended_end: end,
    latest: Type.Optional(Short),
  },
  closed,
);

const record = Compile(Record);
const score = Compile(Score);
const cycle = Compile(Cycle);
const VALIDATORS = { records: record, scores: score, life_cycles: cycle };

/** What cannot be stored: a NUL, or half of a surrogate pair. */
const UNSTORABLE = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/;

/**
 * Why a row that a parser made cannot be taken, in one sentence; null when it can. A parser is trusted to make rows of the right type from
 * good data; what it copies out of hostile data is not.
 */
export function problemOf(kind: keyof typeof VALIDATORS, row: FeedRecord | EpssScore | LifeCycle, json: string): string | null {
  const validator = VALIDATORS[kind];
  if (!validator.Check(row)) {
    const [first] = validator.Errors(row);
    return first === undefined ? "does not fit the model" : `${first.instancePath || "the record"} ${first.message}`;
  }
  if (json.length > L.json) return `has more than ${L.json} characters`;
  if (UNSTORABLE.test(json)) return "holds characters that are no text";
  return kind === "records" ? badReference(row as FeedRecord) : null;
}

/** Every range speaks of a vulnerability that the record names: whoever looks a vulnerability up finds the record. */
function badReference(row: FeedRecord): string | null {
  const named = new Set(row.vulnerabilities);
  for (const { package: name, ranges } of row.affected) {
    const stray = ranges.find((range) => !named.has(range.vulnerability));
    if (stray !== undefined) return `has a range of ${name} for ${stray.vulnerability}, which it does not name`;
  }
  return null;
}
