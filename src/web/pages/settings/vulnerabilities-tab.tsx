import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { EndpointResult } from "#protocol/endpoint.ts";
import type { getSla } from "#protocol/rest/vulnerability-judgement.ts";
import { slaQuery, useUpdateSla } from "../../data/vulnerability-judgement.ts";
import { Answer, fieldErrors, FormFailure } from "../../parts/answers.tsx";
import { A } from "../../parts/link.tsx";
import { notify } from "../../parts/notices.tsx";
import { paths } from "../../paths.ts";
import { Button } from "../../ui/button.tsx";
import { TextField } from "../../ui/field.tsx";
import { Form, FormEnd } from "../../ui/form.tsx";
import { Columns, Panel, Prose, Stack } from "../../ui/layout.tsx";

type Settings = EndpointResult<typeof getSla>["settings"];

const DAYS_MAX = 3650;
const FIELDS: readonly { name: keyof Settings; label: string; hint?: string }[] = [
  {
    name: "known_exploited_days",
    label: "Known to be exploited",
    hint: "From when it was both here and known; stronger than the severity.",
  },
  { name: "critical_days", label: "Critical" },
  { name: "high_days", label: "High" },
  { name: "medium_days", label: "Medium, and what nobody rated" },
  { name: "low_days", label: "Low" },
];

/** Within how many days vulnerabilities are to be fixed, and where the rest of their settings is. */
export function VulnerabilitiesTab() {
  const sla = useQuery(slaQuery);
  return (
    <Stack gap={6}>
      <Answer of={sla} what="time limits">
        {({ settings }) => <SlaForm key={JSON.stringify(settings)} saved={settings} />}
      </Answer>
      <Panel title="Elsewhere">
        <Prose>
          <p>
            <A href={paths.settings("notifications")}>Notifications</A> tell of new vulnerabilities by webhook or e-mail.{" "}
            <A href={paths.decisions()}>Decisions</A> hold accepted risks, false positives and VEX documents.{" "}
            <A href={paths.feeds()}>Feeds</A> tell what is loaded and how old it is.{" "}
            <A href={paths.unidentified()}>Unidentified software</A> is what nobody knows the product of.
          </p>
        </Prose>
      </Panel>
    </Stack>
  );
}

function SlaForm({ saved }: { saved: Settings }) {
  const [texts, setTexts] = useState<Record<keyof Settings, string>>(() => textsOf(saved));
  const save = useUpdateSla();
  const wrong = FIELDS.find(({ name }) => !isDays(texts[name]));
  const changed = FIELDS.some(({ name }) => texts[name] !== String(saved[name]));
  const blocked = wrong !== undefined ? `Correct “${wrong.label}” first` : changed ? undefined : "Nothing was changed";
  const submit = () =>
    blocked === undefined &&
    save.mutate(Object.fromEntries(FIELDS.map(({ name }) => [name, Number(texts[name])])), {
      onSuccess: () => notify({ tone: "ok", word: "Saved", text: "Due dates are computed anew within minutes." }),
    });
  return (
    <Panel title="Time limits" note="in days">
      <Form label="Time limits" onSubmit={submit}>
        <Prose>
          <p>
            Within how many days a vulnerability is to be fixed, from when it was first seen here. What is late is marked as{" "}
            <A href={paths.vulnerabilities({ overdue: true })}>overdue</A>; how the limits are kept stands under{" "}
            <A href={paths.exposure()}>Over time</A>.
          </p>
        </Prose>
        <Columns min="small">
          {FIELDS.map(({ name, label, hint }) => (
            <TextField
              key={name}
              label={label}
              {...(hint === undefined ? {} : { hint })}
              inputMode="numeric"
              autoComplete="off"
              value={texts[name]}
              error={isDays(texts[name]) ? undefined : `A whole number from 1 to ${DAYS_MAX}`}
              onChange={(event) => setTexts({ ...texts, [name]: event.target.value.trim() })}
            />
          ))}
        </Columns>
        <FormFailure text={Object.values(fieldErrors(save.error))[0]} />
        <FormEnd>
          <Button blocked={changed ? undefined : "Nothing was changed"} onClick={() => setTexts(textsOf(saved))}>
            Discard
          </Button>
          <Button type="submit" look="primary" busy={save.isPending} blocked={blocked}>
            Save
          </Button>
        </FormEnd>
      </Form>
    </Panel>
  );
}

function textsOf(settings: Settings): Record<keyof Settings, string> {
  return Object.fromEntries(FIELDS.map(({ name }) => [name, String(settings[name])])) as Record<keyof Settings, string>;
}

function isDays(text: string): boolean {
  return /^\d{1,4}$/u.test(text) && Number(text) >= 1 && Number(text) <= DAYS_MAX;
}
