import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import type { Criteria } from "#domain/labels/criteria.ts";
import type { Label } from "#protocol/rest/labels.ts";
import { useDeleteLabel } from "../../data/label-mutations.ts";
import { labelQuery } from "../../data/label-queries.ts";
import { LIVE } from "../../data/queries.ts";
import { Answer, Nothing } from "../../parts/answers.tsx";
import { Confirm } from "../../parts/confirm.tsx";
import { countOf } from "../../parts/format.ts";
import { A } from "../../parts/link.tsx";
import { notify } from "../../parts/notices.tsx";
import { PageHead, PageShape } from "../../parts/page.tsx";
import { useGo } from "../../parts/use-go.ts";
import { paths } from "../../paths.ts";
import type { DevicesSearch } from "../../search.ts";
import { Button, buttonClass } from "../../ui/button.tsx";
import { TrashIcon } from "../../ui/icons.ts";
import { Cluster, Prose, Stack } from "../../ui/layout.tsx";
import { State } from "../../ui/state.tsx";
import { Mono, Quiet } from "../../ui/text.tsx";
import { DeviceList, useDevices } from "../devices/device-list.tsx";
import { NotFoundPage } from "../not-found-page.tsx";
import { criteriaWords } from "./criteria-form.ts";
import { LabelKind } from "./label-columns.tsx";

const route = getRouteApi("/app/labels/$id");

/** One label and its devices. */
export function LabelPage() {
  const id = Number(route.useParams().id);
  return Number.isSafeInteger(id) && id > 0 ? <KnownLabel id={id} /> : <NotFoundPage />;
}

function KnownLabel({ id }: { id: number }) {
  const label = useQuery({
    ...labelQuery(id),
    refetchInterval: (query) => (query.state.data?.evaluated_at === null ? LIVE.progress : LIVE.list),
  });
  const search = route.useSearch();
  const ofLabel = useMemo(() => ({ ...search, label_id: id }), [search, id]);
  const devices = useDevices(ofLabel);
  const href = ({ label_id: _own, ...rest }: DevicesSearch) => paths.label(id, rest);
  return (
    <Answer of={label} what="label" shape={<PageShape />}>
      {(data) => (
        <>
          <LabelHead label={data} />
          <DeviceList search={ofLabel} href={href} devices={devices} empty={<NoMembers label={data} />} />
        </>
      )}
    </Answer>
  );
}

function LabelHead({ label }: { label: Label }) {
  const own = label.label_type === "regular";
  return (
    <PageHead
      title={label.name}
      count={label.count}
      lead={
        <Stack gap={1}>
          <Cluster gap={4}>
            <LabelKind label={label} />
            {label.evaluated_at === null && (
              <State tone="busy">{`Looking through the devices: ${Math.floor(label.evaluated_share * 100)} %`}</State>
            )}
            {label.description !== "" && <Quiet>{label.description}</Quiet>}
          </Cluster>
          <LabelRule label={label} />
        </Stack>
      }
      actions={
        <Cluster>
          <A href={paths.devices({ label_id: label.id })} className={buttonClass("plain")}>
            Open in Devices
          </A>
          {own && (
            <A href={paths.editLabel(label.id)} className={buttonClass("plain")}>
              Edit
            </A>
          )}
          {own && <DeleteLabel label={label} />}
        </Cluster>
      }
    />
  );
}

function LabelRule({ label }: { label: Label }) {
  if (label.label_membership_type === "host_vitals") return <Quiet>{`Rule: ${criteriaWords(label.criteria as Criteria)}`}</Quiet>;
  if (label.label_membership_type === "dynamic") {
    return (
      <Quiet>
        Devices with osquery that answer at least one row to <Mono>{label.query}</Mono>
        {label.platform !== "" && ` (asked on ${label.platform})`}
      </Quiet>
    );
  }
  return <Quiet>Devices are added and taken out by hand: select them under Devices.</Quiet>;
}

function DeleteLabel({ label }: { label: Label }) {
  const [open, setOpen] = useState(false);
  const remove = useDeleteLabel();
  const go = useGo();
  const destroy = () =>
    remove.mutate(label.id, {
      onSuccess: () => {
        notify({ tone: "ok", word: "Deleted", text: `The label ${label.name} is gone; its devices are as they were.` });
        go(paths.labels());
      },
    });
  return (
    <>
      <Button icon={TrashIcon} onClick={() => setOpen(true)}>
        Delete
      </Button>
      {open && (
        <Confirm
          title={`Delete ${label.name}`}
          action="Delete the label"
          busy={remove.isPending}
          error={remove.error}
          onConfirm={destroy}
          onClose={() => setOpen(false)}
        >
          <Prose>
            <p>{`${countOf(label.count, "device")} will no longer have this label, and settings made for it end. The devices themselves stay.`}</p>
          </Prose>
        </Confirm>
      )}
    </>
  );
}

function NoMembers({ label }: { label: Label }) {
  const words = {
    manual: "Select devices under Devices and add them to this label.",
    host_vitals: label.evaluated_at === null ? "Muster is still looking through the devices." : "No device meets the rule now.",
    dynamic: "Devices answer the query with their next report.",
  };
  return (
    <Nothing
      title="No device has this label"
      action={
        <A href={paths.devices()} className={buttonClass("plain")}>
          Show all devices
        </A>
      }
    >
      <p>{words[label.label_membership_type]}</p>
    </Nothing>
  );
}
