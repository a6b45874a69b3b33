import { useQuery } from "@tanstack/react-query";
import type { ProductCorrectionPreview, ProductCorrectionRequest } from "#protocol/rest/product-identities.ts";
import { productPreviewQuery } from "../../../data/product-corrections.ts";
import { Answer, fieldErrors, FormFailure } from "../../../parts/answers.tsx";
import { countOf, formatCount } from "../../../parts/format.ts";
import { Callout } from "../../../ui/callout.tsx";
import { Folded } from "../../../ui/folded.tsx";
import { Stack } from "../../../ui/layout.tsx";
import { SimpleTable } from "../../../ui/simple-table.tsx";
import { SkeletonLines } from "../../../ui/skeleton.tsx";
import { Mono, Quiet } from "../../../ui/text.tsx";

/** Vulnerabilities named in a preview; the rest is counted. */
const CVES_SHOWN = 60;

/** What a correction would change: the software that it speaks of, and the vulnerabilities that come and go. */
export function ProductPreview({ request }: { request: ProductCorrectionRequest }) {
  const preview = useQuery(productPreviewQuery(request));
  // a refused preview says why, and the same will be said to the correction itself
  if (preview.error !== null) return <FormFailure text={Object.values(fieldErrors(preview.error))[0]} />;
  return (
    <Answer of={preview} what="preview" shape={<SkeletonLines count={4} />}>
      {(data) => <Shown data={data} />}
    </Answer>
  );
}

function Shown({ data }: { data: ProductCorrectionPreview }) {
  return (
    <Stack gap={3}>
      <p role="status">
        It speaks of {countOf(data.software_count, "version")} on {countOf(data.hosts_count, "device")}.{" "}
        {data.opened_count === 0 && data.closed_count === 0
          ? "No vulnerability comes or goes."
          : `${formatCount(data.opened_count)} vulnerabilities come, ${formatCount(data.closed_count)} go.`}
      </p>
      {data.unknown_products.length > 0 && (
        <Callout tone="warn" title="No loaded vulnerability speaks of it">
          <p>
            <Mono>{data.unknown_products.join(", ")}</Mono> is in no record that is loaded. Check how it is written; it is right
            where the product has never had a vulnerability.
          </p>
        </Callout>
      )}
      {!data.complete && <Quiet small>Vulnerabilities were compared for the first versions only; there may be more.</Quiet>}
      <Cves title="come" of={data.opened} count={data.opened_count} />
      <Cves title="go" of={data.closed} count={data.closed_count} />
      {data.software.length > 0 && (
        <Folded summary={`${countOf(data.software_count, "version")} before and after`}>
          <SimpleTable
            label="Versions before and after"
            head={["Software", "Now", "After"]}
            rows={data.software.map((row) => ({
              key: String(row.software_version_id),
              cells: [
                <span key="name">
                  {row.name} <Mono>{row.version}</Mono>
                </span>,
                row.before,
                row.after,
              ],
            }))}
          />
        </Folded>
      )}
    </Stack>
  );
}

function Cves({ title, of, count }: { title: string; of: ProductCorrectionPreview["opened"]; count: number }) {
  if (count === 0) return null;
  const more = count - Math.min(of.length, CVES_SHOWN);
  return (
    <Folded summary={`${countOf(count, "vulnerability", "vulnerabilities")} that ${title}`}>
      <p>
        <Mono>
          {of
            .slice(0, CVES_SHOWN)
            .map(({ cve }) => cve)
            .join(", ")}
        </Mono>
        {more > 0 && ` and ${formatCount(more)} more`}
      </p>
    </Folded>
  );
}
