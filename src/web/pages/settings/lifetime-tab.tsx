import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useSaveConfig } from "../../data/label-mutations.ts";
import { configQuery } from "../../data/label-queries.ts";
import { Answer, fieldErrors, FormFailure } from "../../parts/answers.tsx";
import { A } from "../../parts/link.tsx";
import { notify } from "../../parts/notices.tsx";
import { paths } from "../../paths.ts";
import { Button } from "../../ui/button.tsx";
import { Checkbox, TextField } from "../../ui/field.tsx";
import { Form, FormEnd } from "../../ui/form.tsx";
import { Panel, Prose } from "../../ui/layout.tsx";

const WINDOW_MAX = 3650;

/** When devices that are no longer seen are forgotten. */
export function LifetimeTab() {
  const config = useQuery(configQuery);
  return (
    <Answer of={config} what="settings">
      {({ host_expiry_settings }) => <ExpiryForm key={config.dataUpdatedAt} saved={host_expiry_settings} />}
    </Answer>
  );
}

interface Expiry {
  host_expiry_enabled: boolean;
  host_expiry_window: number;
}

function ExpiryForm({ saved }: { saved: Expiry }) {
  const [enabled, setEnabled] = useState(saved.host_expiry_enabled);
  const [days, setDays] = useState(String(saved.host_expiry_window));
  const save = useSaveConfig();
  const window = Number(days);
  const valid = /^\d{1,4}$/.test(days) && window >= 1 && window <= WINDOW_MAX;
  const changed = enabled !== saved.host_expiry_enabled || window !== saved.host_expiry_window;
  const blocked = valid ? (changed ? undefined : "Nothing was changed") : "Correct the number of days first";
  const submit = () => {
    if (blocked !== undefined) return;
    save.mutate(
      { host_expiry_settings: { host_expiry_enabled: enabled, host_expiry_window: window } },
      { onSuccess: () => notify({ tone: "ok", word: "Saved", text: "Devices are looked through within the hour." }) },
    );
  };
  return (
    <Panel title="Host expiry">
      <Form label="Host expiry" onSubmit={submit}>
        <Prose>
          <p>
            A device that was not seen for longer than this is deleted, with its software and history. One that comes back starts
            a new record. See which are <A href={paths.devices({ status: "mia" })}>missing for 30 days</A>.
          </p>
        </Prose>
        <Checkbox
          label="Delete devices that are not seen"
          checked={enabled}
          onChange={(event) => setEnabled(event.target.checked)}
        />
        <TextField
          label="After days"
          inputMode="numeric"
          value={days}
          error={valid ? undefined : `A whole number from 1 to ${WINDOW_MAX}`}
          onChange={(event) => setDays(event.target.value.trim())}
        />
        <FormFailure text={Object.values(fieldErrors(save.error))[0]} />
        <FormEnd>
          <Button type="submit" look="primary" busy={save.isPending} blocked={blocked}>
            Save
          </Button>
        </FormEnd>
      </Form>
    </Panel>
  );
}
