import { useQuery } from "@tanstack/react-query";
import { decisionPreviewQuery, type DecisionScope } from "../../data/vulnerability-decisions.ts";
import { Answer, explain, FormFailure } from "../../parts/answers.tsx";
import { countOf } from "../../parts/format.ts";
import { Callout } from "../../ui/callout.tsx";
import { Folded } from "../../ui/folded.tsx";
import { Prose, Stack } from "../../ui/layout.tsx";
import { SimpleTable } from "../../ui/simple-table.tsx";
import { SkeletonLines } from "../../ui/skeleton.tsx";
import { Mono, Quiet, Strong } from "../../ui/text.tsx";

/** What a decision would hide, before it is made. */
export function DecisionPreview({ scope }: { scope: DecisionScope }) {
  const preview = useQuery(decisionPreviewQuery(scope));
  if (preview.error !== null) return <FormFailure text={explain(preview.error)} />;
  return (
    <Answer of={preview} what="preview" shape={<SkeletonLines count={2} />}>
      {({ findings_count, hosts_count, suppressed_count, fix_available, software }) => (
        <Stack gap={3}>
          <div role="status">
            <Prose>
              <p>
                <Strong>
                  {findings_count === 0
                    ? "This hides nothing now."
                    : `This hides it in ${countOf(findings_count, "version")} on ${countOf(hosts_count, "device")}.`}
                </Strong>{" "}
                {suppressed_count > 0 && <Quiet>{countOf(suppressed_count, "finding")} suppressed already.</Quiet>}
              </p>
            </Prose>
          </div>
          {fix_available && (
            <Callout tone="warn" title="An update fixes it">
              <p>Where you can, update instead.</p>
            </Callout>
          )}
          {software.length > 0 && (
            <Folded summary={`${countOf(findings_count, "version")} that it is hidden in`}>
              <SimpleTable
                label="Versions that it is hidden in"
                head={["Software", "Version", "Fixed in"]}
                rows={software.map((row) => ({
                  key: `${row.software_version_id} ${row.os_version_id} ${row.os_scope}`,
                  cells: [
                    row.name,
                    <Mono key="version">{row.version}</Mono>,
                    row.resolved_in_version === null ? (
                      <Quiet key="fix">none known</Quiet>
                    ) : (
                      <Mono key="fix">{row.resolved_in_version}</Mono>
                    ),
                  ],
                }))}
              />
            </Folded>
          )}
        </Stack>
      )}
    </Answer>
  );
}
