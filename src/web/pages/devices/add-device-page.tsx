import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { enrollSecretsQuery } from "../../data/queries.ts";
import { Answer, Nothing } from "../../parts/answers.tsx";
import { A } from "../../parts/link.tsx";
import { PageHead, TabLinks } from "../../parts/page.tsx";
import { useGo } from "../../parts/use-go.ts";
import { ADD_WAYS, paths } from "../../paths.ts";
import type { AddWay } from "../../paths.ts";
import { buttonClass } from "../../ui/button.tsx";
import { TextField } from "../../ui/field.tsx";
import { Stack, TwoColumns } from "../../ui/layout.tsx";
import { Callout } from "../../ui/callout.tsx";
import { SkeletonLines } from "../../ui/skeleton.tsx";
import { Arrivals } from "./arrivals.tsx";
import { MusterAgentSteps } from "./muster-agent-steps.tsx";
import { OsquerySteps } from "./osquery-steps.tsx";
import { isLoopback, serverAddress } from "./server-address.ts";

const route = getRouteApi("/app/devices/add");
const WAY_LABELS: Record<AddWay, string> = { muster: "Muster agent (Linux)", osquery: "osquery (any system)" };

export function AddDevicePage() {
  const search = route.useSearch();
  const way = search.with ?? "muster";
  const secrets = useQuery(enrollSecretsQuery);
  const server = serverAddress(search.server ?? "") ?? window.location.origin;
  return (
    <>
      <PageHead
        title="Add a device"
        lead="Run an agent on the device. It enrols with the secret below, and reports its software from then on."
      >
        <TabLinks
          label="Ways to add a device"
          tabs={ADD_WAYS.map((w) => ({
            href: paths.addDevice({ ...search, with: w }),
            label: WAY_LABELS[w],
            current: w === way,
          }))}
        />
      </PageHead>
      <TwoColumns aside={<Arrivals />}>
        <Answer of={secrets} what="enroll secret" shape={<SkeletonLines count={8} tall />}>
          {([first]) =>
            first === undefined ? (
              <NoSecret />
            ) : (
              <Stack gap={6}>
                <ServerField way={way} />
                {way === "muster" ? (
                  <MusterAgentSteps server={server} secret={first.secret} />
                ) : (
                  <OsquerySteps server={server} secret={first.secret} />
                )}
              </Stack>
            )
          }
        </Answer>
      </TwoColumns>
    </>
  );
}

function NoSecret() {
  return (
    <Nothing
      title="There is no enroll secret"
      action={
        <A href={paths.settings("enrollment")} className={buttonClass("primary")}>
          Make one in the settings
        </A>
      }
    >
      <p>A device proves with an enroll secret that it may join. Without one, no device can.</p>
    </Nothing>
  );
}

/** The address under which devices reach this server: first the one in the browser's address bar. */
function ServerField({ way }: { way: AddWay }) {
  const search = route.useSearch();
  const go = useGo();
  const [text, setText] = useState(search.server ?? window.location.origin);
  const address = serverAddress(text);
  const change = (next: string) => {
    setText(next);
    const valid = serverAddress(next);
    if (valid !== null)
      go(paths.addDevice({ ...search, server: valid === window.location.origin ? undefined : valid }), { replace: true });
  };
  return (
    <Stack gap={3}>
      <TextField
        label="Address of this server, as devices reach it"
        type="url"
        spellCheck={false}
        value={text}
        onChange={(event) => change(event.target.value)}
        error={address === null ? "Write the whole address, for example https://muster.example.org" : undefined}
      />
      {address !== null && isLoopback(address) && (
        <Callout tone="warn" title="Only this machine can use this address">
          Other devices need the server's name or network address. The server must listen there: start it with MUSTER_HOST=0.0.0.0
          and, beyond a trusted network, with TLS.
        </Callout>
      )}
      {address !== null && way === "osquery" && address.startsWith("http:") && (
        <Callout tone="warn" title="osquery speaks https only">
          {"This address begins with http. Run "}
          <code>npx muster tls</code>
          {
            " on the server: it makes a certificate authority and a server certificate, and says how to start the server with them."
          }
        </Callout>
      )}
    </Stack>
  );
}
