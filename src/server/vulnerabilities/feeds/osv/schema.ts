import { Type, type Static } from "typebox";
import { Compile, type Validator } from "typebox/compile";

/**
 * Records of the Open Source Vulnerability format (https://ossf.github.io/osv-schema/), as far as Muster reads them. What it does not read
 * may be anything: publishers add fields of their own.
 */
const Text = Type.String({ maxLength: 4_000_000 });
const Name = Type.String({ maxLength: 1000 });
const Names = Type.Array(Name, { maxItems: 20_000 });

const Event = Type.Object({
  introduced: Type.Optional(Name),
  fixed: Type.Optional(Name),
  last_affected: Type.Optional(Name),
  limit: Type.Optional(Name),
});
export type OsvEvent = Static<typeof Event>;

const Range = Type.Object({ type: Name, events: Type.Array(Event, { maxItems: 5000 }) });
export type OsvRange = Static<typeof Range>;

const Score = Type.Object({ type: Name, score: Type.String({ maxLength: 1000 }) });

const Affected = Type.Object({
  package: Type.Optional(Type.Object({ ecosystem: Type.Optional(Name), name: Type.Optional(Name), purl: Type.Optional(Name) })),
  ranges: Type.Optional(Type.Union([Type.Null(), Type.Array(Range, { maxItems: 5000 })])),
  versions: Type.Optional(Type.Union([Type.Null(), Type.Array(Name, { maxItems: 100_000 })])),
  severity: Type.Optional(Type.Union([Type.Null(), Type.Array(Score, { maxItems: 100 })])),
  ecosystem_specific: Type.Optional(Type.Unknown()),
  database_specific: Type.Optional(Type.Unknown()),
});
export type OsvAffected = Static<typeof Affected>;

const Record = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 200, pattern: "^[^\\s]+(?: [^\\s]+)*$" }),
  modified: Type.Optional(Name),
  published: Type.Optional(Name),
  withdrawn: Type.Optional(Type.Union([Type.Null(), Name])),
  aliases: Type.Optional(Type.Union([Type.Null(), Names])),
  upstream: Type.Optional(Type.Union([Type.Null(), Names])),
  related: Type.Optional(Type.Union([Type.Null(), Names])),
  summary: Type.Optional(Text),
  details: Type.Optional(Text),
  severity: Type.Optional(Type.Union([Type.Null(), Type.Array(Score, { maxItems: 100 })])),
  affected: Type.Optional(Type.Union([Type.Null(), Type.Array(Affected, { maxItems: 100_000 })])),
  references: Type.Optional(Type.Union([Type.Null(), Type.Array(Type.Object({ type: Name, url: Text }), { maxItems: 20_000 })])),
  database_specific: Type.Optional(Type.Unknown()),
});
export type OsvRecord = Static<typeof Record>;

export const OSV_RECORD: Validator<Record<never, never>, typeof Record, OsvRecord> = Compile(Record);
