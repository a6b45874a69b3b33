import { useQuery } from "@tanstack/react-query";
import { correctionPreviewQuery, type CorrectionRequest } from "../../../data/corrections.ts";
import { Answer, fieldErrors, FormFailure } from "../../../parts/answers.tsx";
import { countOf, formatCount } from "../../../parts/format.ts";
import { Folded } from "../../../ui/folded.tsx";
import { Stack } from "../../../ui/layout.tsx";
import { SimpleTable } from "../../../ui/simple-table.tsx";

/** What a correction would change: titles before and after, and the versions that move. */
export function CorrectionPreview({ request }: { request: CorrectionRequest }) {
  const preview = useQuery(correctionPreviewQuery(request));
  // a refused preview says why, and the same will be said to the correction itself
  if (preview.error !== null) return <FormFailure text={Object.values(fieldErrors(preview.error))[0]} />;
  return (
    <Answer of={preview} what="preview">
      {({ before, after, versions, versions_count, hosts_count }) => (
        <Stack gap={3}>
          <p role="status">
            {request.type === "rename"
              ? "Only the name changes."
              : `${countOf(versions_count, "version")} on ${countOf(hosts_count, "device")} will move.`}
          </p>
          <SimpleTable
            label="Titles before and after"
            head={["When", "Title", "Versions", "Devices"]}
            rows={[...before.map(titleRow("before")), ...after.map(titleRow("after"))]}
          />
          {versions.length > 0 && (
            <Folded summary={countOf(versions_count, "version that moves", "versions that move")}>
              <SimpleTable
                label="Versions that move"
                head={["Name", "Version", "Vendor", "Devices"]}
                rows={versions.map((v) => ({
                  key: String(v.id),
                  cells: [v.name, v.version, v.vendor, formatCount(v.hosts_count)],
                }))}
              />
            </Folded>
          )}
        </Stack>
      )}
    </Answer>
  );
}

interface AffectedTitle {
  id: number | null;
  name: string;
  hosts_count: number;
  versions_count: number;
}

function titleRow(when: "before" | "after") {
  return (title: AffectedTitle) => ({
    key: `${when} ${title.id}`,
    cells: [when === "before" ? "Now" : "After", title.name, formatCount(title.versions_count), formatCount(title.hosts_count)],
  });
}
