import { osqueryFlags, tlsHostname } from "#domain/devices/osquery-flags.ts";
import { CopyBlock } from "../../parts/copyable.tsx";
import { useState } from "react";
import { Select } from "../../ui/field.tsx";
import { Step, Steps } from "../../ui/steps.tsx";
import { powershellWord, shellWord } from "./server-address.ts";

const SYSTEMS = ["linux", "darwin", "windows"] as const;
type System = (typeof SYSTEMS)[number];

/** Where osquery's own packages look for their files. */
const PLACES: Record<System, { label: string; directory: string; restart: string }> = {
  linux: {
    label: "Linux",
    directory: "/etc/osquery",
    restart: "sudo systemctl enable --now osqueryd && sudo systemctl restart osqueryd",
  },
  darwin: { label: "macOS", directory: "/private/var/osquery", restart: "sudo osqueryctl restart" },
  windows: { label: "Windows", directory: String.raw`C:\Program Files\osquery`, restart: "Restart-Service osqueryd" },
};

/** How a device with stock osquery is pointed to this server. */
export function OsquerySteps({ server, secret }: { server: string; secret: string }) {
  const [system, setSystem] = useState<System>("linux");
  const { directory, restart } = PLACES[system];
  const slash = system === "windows" ? "\\" : "/";
  const secretPath = `${directory}${slash}enroll_secret`;
  const flags = osqueryFlags({
    tls_hostname: tlsHostname(server),
    tls_server_certs: `${directory}${slash}muster-ca.pem`,
    enroll_secret_path: secretPath,
  }).join("\n");
  return (
    <Steps>
      <Step title="Install osquery on the device">
        <p>
          Take the package of your system from{" "}
          <a href="https://osquery.io/downloads" target="_blank" rel="noreferrer">
            osquery.io/downloads
          </a>
          . The steps below are for{" "}
          <Select
            label="System of the device"
            value={system}
            options={SYSTEMS.map((value) => ({ value, label: PLACES[value].label }))}
            onChoose={(value) => setSystem(value ?? "linux")}
          />
        </p>
      </Step>
      <Step title="Write the enroll secret">
        <CopyBlock label="Command that writes the secret" text={secretCommand(system, secret, secretPath)} />
      </Step>
      <Step title="Copy the certificate authority">
        <p>
          Copy the server's <code>ca.pem</code> (from <code>npx muster tls</code>) to{" "}
          <code>{`${directory}${slash}muster-ca.pem`}</code>. With a certificate of a public authority, leave the line{" "}
          <code>--tls_server_certs</code> below out.
        </p>
      </Step>
      <Step title="Write the flag file">
        <p>
          As <code>{`${directory}${slash}osquery.flags`}</code>:
        </p>
        <CopyBlock label="Flag file" text={flags} />
      </Step>
      <Step title="Start osquery again">
        <CopyBlock label="Restart command" text={restart} />
        <p>The device appears beside this text at its first check-in, within a minute.</p>
      </Step>
    </Steps>
  );
}

function secretCommand(system: System, secret: string, path: string): string {
  if (system === "windows") return `Set-Content -NoNewline -Path ${powershellWord(path)} -Value ${powershellWord(secret)}`;
  const word = shellWord(secret);
  return `sudo install -m 600 /dev/null ${path} && printf %s ${word} | sudo tee ${path} > /dev/null`;
}
