import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { Criteria } from "#domain/labels/criteria.ts";
import { labelPreviewQuery } from "../../data/label-queries.ts";
import { explain, FormFailure } from "../../parts/answers.tsx";
import { countOf, formatCount } from "../../parts/format.ts";
import { PlatformIcon } from "../../parts/host.tsx";
import { A } from "../../parts/link.tsx";
import { paths } from "../../paths.ts";
import { Beside, Panel, Stack } from "../../ui/layout.tsx";
import { SkeletonTable } from "../../ui/skeleton.tsx";
import { Quiet } from "../../ui/text.tsx";

const TYPING_PAUSE_MS = 400;

/** The devices that criteria would find, as they are typed. */
export function CriteriaPreview({ criteria }: { criteria: Criteria }) {
  const asked = useSettled(criteria, TYPING_PAUSE_MS);
  const preview = useQuery(labelPreviewQuery(asked));
  const { data, error } = preview;
  return (
    <Panel title="Devices found" note={preview.isFetching ? "looking" : undefined}>
      {error !== null && <FormFailure text={explain(error)} />}
      {error === null && data === undefined && <SkeletonTable />}
      {error === null && data !== undefined && (
        <Stack gap={2}>
          <p role="status">
            <strong>{countOf(data.count, "device")}</strong>
            {data.complete
              ? ` of ${formatCount(data.hosts_examined)}`
              : ` among the first ${formatCount(data.hosts_examined)} looked at`}
          </p>
          {data.hosts.map((host) => (
            <Beside key={host.id} icon={<PlatformIcon platform={host.platform} />}>
              <A href={paths.device(host.id)}>{host.display_name}</A> <Quiet small>{host.os_version}</Quiet>
            </Beside>
          ))}
          {data.count > data.hosts.length && <Quiet small>{`and ${formatCount(data.count - data.hosts.length)} more`}</Quiet>}
        </Stack>
      )}
    </Panel>
  );
}

/** The value once it has not changed for a while. Compared as text: a new object with the same content is no change. */
function useSettled<T>(value: T, pauseMs: number): T {
  const [settled, setSettled] = useState(value);
  const text = JSON.stringify(value);
  useEffect(() => {
    const timer = window.setTimeout(() => setSettled(JSON.parse(text) as T), pauseMs);
    return () => window.clearTimeout(timer);
  }, [text, pauseMs]);
  return settled;
}
