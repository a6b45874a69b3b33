import { Type } from "typebox";
import { endpoint } from "../endpoint.ts";
import { IdParams, NullableTime, PageMeta, pagingQuery, Time } from "./paging.ts";

const text = Type.String();
const nullableText = Type.Union([text, Type.Null()]);
const TitleId = Type.Integer({ minimum: 1 });
const TitleName = Type.String({ minLength: 1, maxLength: 255, pattern: "\\S", description: "A name that can be seen." });
const Condition = Type.String({ minLength: 1, maxLength: 255 });

/** Titles merged by one correction. */
export const MERGED_TITLES_MAX = 100;

/** What an administrator asks to be corrected. One of three shapes, told apart by `type`. */
export const TitleCorrectionRequest = Type.Union([
  Type.Object(
    {
      type: Type.Literal("merge"),
      title_ids: Type.Array(TitleId, { minItems: 1, maxItems: MERGED_TITLES_MAX, description: "Titles that end." }),
      into_title_id: TitleId,
    },
    { additionalProperties: false },
  ),
  Type.Object(
    {
      type: Type.Literal("split"),
      title_id: TitleId,
      name: TitleName,
      name_starts_with: Type.Optional(Condition),
      version_starts_with: Type.Optional(Condition),
      vendor: Type.Optional(Condition),
    },
    { additionalProperties: false },
  ),
  Type.Object({ type: Type.Literal("rename"), title_id: TitleId, name: TitleName }, { additionalProperties: false }),
]);
export type TitleCorrectionRequest = Type.Static<typeof TitleCorrectionRequest>;

const CorrectionBody = Type.Object({ correction: TitleCorrectionRequest }, { additionalProperties: false });

const AffectedTitle = Type.Object({
  id: Type.Union([Type.Integer(), Type.Null()], { description: "Null: the title that a split makes." }),
  name: text,
  source: text,
  hosts_count: Type.Integer(),
  versions_count: Type.Integer(),
});
const NamedTitle = Type.Object({ id: Type.Integer(), name: Type.String({ description: "Its name at the time." }) });

export const TitleCorrection = Type.Object(
  {
    id: Type.Integer(),
    created_at: Time,
    type: text,
    titles: Type.Array(NamedTitle, { description: "The titles that were merged, split or renamed." }),
    into: Type.Union([NamedTitle, Type.Null()], { description: "The title that got their software; null for a rename." }),
    name: nullableText,
    name_starts_with: nullableText,
    version_starts_with: nullableText,
    vendor: nullableText,
    versions_count: Type.Integer({ description: "Software rows that it moved." }),
    hosts_count: Type.Integer({ description: "Hosts that held any of them." }),
    actor_full_name: nullableText,
    undone_at: NullableTime,
    undone_by: nullableText,
    blocked_by: Type.Union([Type.Integer(), Type.Null()], {
      description: "A later correction of the same titles, which must be undone before this one.",
    }),
  },
  { $id: "TitleCorrection" },
);
export type TitleCorrection = Type.Static<typeof TitleCorrection>;

const MEANING = `\`merge\`: all software of \`title_ids\` belongs to \`into_title_id\`, what comes later included. \`split\`: what meets every
given condition leaves \`title_id\` for a new title \`name\`. \`rename\`: the title is called \`name\` whatever its software is called.`;

export const previewTitleCorrection = endpoint({
  method: "POST",
  path: "/software/titles/corrections/preview",
  permission: "software:write",
  tag: "Software",
  summary: "Preview a correction of titles",
  description: `What a correction would change, without changing anything. ${MEANING}`,
  body: CorrectionBody,
  response: Type.Object({
    before: Type.Array(AffectedTitle),
    after: Type.Array(AffectedTitle, { description: "Titles without software are left out." }),
    versions_count: Type.Integer({ description: "Software rows that would move." }),
    hosts_count: Type.Integer({ description: "Hosts that hold any of them." }),
    versions: Type.Array(
      Type.Object({ id: Type.Integer(), name: text, version: text, vendor: text, hosts_count: Type.Integer() }),
      {
        description: "The first 100 of them, most common first.",
      },
    ),
  }),
});

export const correctTitles = endpoint({
  method: "POST",
  path: "/software/titles/corrections",
  permission: "software:write",
  tag: "Software",
  summary: "Correct titles",
  description: `${MEANING} Titles of different sources cannot be merged. Counts and history follow in the same moment.`,
  body: CorrectionBody,
  response: Type.Object({ correction: TitleCorrection }),
});

export const listTitleCorrections = endpoint({
  method: "GET",
  path: "/software/titles/corrections",
  permission: "software:read",
  tag: "Software",
  summary: "List corrections of titles",
  description: "Corrections, undone ones too; the newest first unless ordered otherwise.",
  query: pagingQuery(["id"], { title_id: Type.Optional(Type.Integer({ minimum: 1, description: "Only those of this title." })) }),
  response: Type.Object({ count: Type.Integer(), corrections: Type.Array(TitleCorrection), meta: PageMeta }),
});

export const undoTitleCorrection = endpoint({
  method: "POST",
  path: "/software/titles/corrections/:id/undo",
  permission: "software:write",
  tag: "Software",
  summary: "Undo a correction of titles",
  description: `Everything is as if the correction had never been made, for software that came since as well. Corrections of the same titles
are undone in reverse order: 409 names the one that comes first.`,
  params: IdParams,
  response: Type.Object({ correction: TitleCorrection }),
});

export const renameSoftwareTitle = endpoint({
  method: "PATCH",
  path: "/software/titles/:id/name",
  permission: "software:write",
  tag: "Software",
  summary: "Rename a software title",
  description:
    "A correction of type `rename` under the path that Fleet has for it. Fleet renames titles with a bundle identifier only.",
  params: IdParams,
  body: Type.Object({ name: TitleName }, { additionalProperties: false }),
  status: 204,
  response: Type.Object({}),
});
