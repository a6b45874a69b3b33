import { useQuery } from "@tanstack/react-query";
import { serverVersionQuery } from "../../data/queries.ts";
import { Answer } from "../../parts/answers.tsx";
import { RelativeTime } from "../../parts/relative-time.tsx";
import { Facts, Panel, Prose, Stack } from "../../ui/layout.tsx";

export function AboutTab() {
  const version = useQuery(serverVersionQuery);
  return (
    <Stack gap={6}>
      <Panel title="Server">
        <Answer of={version} what="version of the server">
          {(v) => (
            <Facts
              facts={[
                { label: "Version", value: v.version, mono: true },
                { label: "Revision", value: v.revision, mono: true },
                { label: "Branch", value: v.branch, mono: true },
                { label: "Built", value: v.build_date === "" ? "" : <RelativeTime time={v.build_date} never={v.build_date} /> },
                { label: "Node", value: v.node_version, mono: true },
                { label: "Address", value: window.location.origin, mono: true },
              ]}
            />
          )}
        </Answer>
      </Panel>
      <Panel title="For programs">
        <Prose>
          <p>
            The REST API is described at <a href="/api/docs">/api/docs</a>. Tokens for programs are made under Users.
          </p>
        </Prose>
      </Panel>
    </Stack>
  );
}
