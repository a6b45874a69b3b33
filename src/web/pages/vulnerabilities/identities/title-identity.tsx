import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { EndpointResult } from "#protocol/endpoint.ts";
import type { getTitleIdentity } from "#protocol/rest/product-identities.ts";
import { titleIdentityQuery } from "../../../data/product-corrections.ts";
import { Answer, Nothing } from "../../../parts/answers.tsx";
import { countOf } from "../../../parts/format.ts";
import { A } from "../../../parts/link.tsx";
import { paths } from "../../../paths.ts";
import { Button } from "../../../ui/button.tsx";
import { Panel, Stack } from "../../../ui/layout.tsx";
import { SimpleTable } from "../../../ui/simple-table.tsx";
import { Mono, Quiet } from "../../../ui/text.tsx";
import type { CorrectedSoftware } from "./correction-request.ts";
import { CorrectProduct } from "./correct-product.tsx";
import { ProductCorrectionTable } from "./product-correction-table.tsx";

type Identity = EndpointResult<typeof getTitleIdentity>["identities"][number];

const STATUS: Readonly<Record<Identity["status"], string>> = {
  assessed: "Its own package name",
  unidentified: "Not identified",
  not_assessed: "Not assessed",
};

/** What a title is taken for when it is compared with vulnerability feeds, and the way to say otherwise. */
export function TitleIdentity({ of }: { of: CorrectedSoftware }) {
  const [correcting, setCorrecting] = useState<Identity | null>(null);
  const identity = useQuery(titleIdentityQuery(of.software_title_id));
  return (
    <Panel title="What it is taken for" note="when its versions are compared with vulnerability feeds" flush>
      <Answer of={identity} what="identity of this software">
        {({ identities, corrections }) => (
          <Stack gap={4}>
            {identities.length === 0 ? (
              <NoIdentity />
            ) : (
              <Identities titleId={of.software_title_id} rows={identities} onCorrect={setCorrecting} />
            )}
            {corrections.length > 0 && <ProductCorrectionTable corrections={corrections} />}
          </Stack>
        )}
      </Answer>
      {correcting !== null && (
        <CorrectProduct of={of} why={correcting.why} taken={correcting.products} onClose={() => setCorrecting(null)} />
      )}
    </Panel>
  );
}

interface IdentitiesProps {
  titleId: number;
  rows: readonly Identity[];
  onCorrect: (identity: Identity) => void;
}

function Identities({ titleId, rows, onCorrect }: IdentitiesProps) {
  return (
    <SimpleTable
      label="What it is taken for"
      head={["Product", "How it was identified", "Versions", "Actions"]}
      rows={rows.map((identity) => ({
        key: `${identity.status} ${identity.why} ${identity.products.join()}`,
        cells: [
          identity.products.length === 0 ? (
            <Quiet key="product">{STATUS[identity.status]}</Quiet>
          ) : (
            <Mono key="product">{identity.products.join(", ")}</Mono>
          ),
          identity.why,
          rows.length === 1 ? (
            <A key="versions" href={paths.softwareVersions({ software_title_id: titleId })}>
              {countOf(identity.versions_count, "version")}
            </A>
          ) : (
            <span key="versions">
              {countOf(identity.versions_count, "version")}, as{" "}
              <A href={paths.softwareVersion(identity.software_version_id)}>this one</A>
            </span>
          ),
          <Button key="correct" look="quiet" onClick={() => onCorrect(identity)}>
            {identity.products.length > 0
              ? "This is not that product…"
              : identity.status === "assessed"
                ? "Correct…"
                : "Identify…"}
          </Button>,
        ],
      }))}
    />
  );
}

function NoIdentity() {
  return (
    <Nothing title="Nothing was compared yet">
      <p>New software is looked at within seconds; this page tells then what it is taken for.</p>
    </Nothing>
  );
}
