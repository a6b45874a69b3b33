import type { VulnerabilityFeedPart } from "#protocol/rest/vulnerability-feeds.ts";
import { countOf, formatCount } from "../../../parts/format.ts";
import { Folded } from "../../../ui/folded.tsx";
import { Stack } from "../../../ui/layout.tsx";
import { SimpleTable } from "../../../ui/simple-table.tsx";
import { Quiet } from "../../../ui/text.tsx";
import { leftOutWords } from "./feed-summary.ts";

/** What the parser left out of a part; opened, why. */
export function LeftOut({ of }: { of: VulnerabilityFeedPart }) {
  if (of.left_out.length === 0) return null;
  return (
    <Folded summary={leftOutWords(of)}>
      <Stack gap={1}>
        <SimpleTable
          label={`Left out of ${of.part}`}
          head={["Count", "Why"]}
          rows={of.left_out.map(({ kind, why, count }) => ({
            key: `${kind} ${why}`,
            cells: [formatCount(count), kind === "record" ? `Malformed record: ${why}` : why],
          }))}
        />
        {of.bad_record !== null && (
          <Quiet small>
            First of {countOf(of.bad_records_count, "malformed record")}: {of.bad_record}
          </Quiet>
        )}
      </Stack>
    </Folded>
  );
}
