import { CopyBlock } from "../../parts/copyable.tsx";
import { Step, Steps } from "../../ui/steps.tsx";
import { shellWord } from "./server-address.ts";

/** How a Linux device gets Muster's own agent. */
export function MusterAgentSteps({ server, secret }: { server: string; secret: string }) {
  const secure = server.startsWith("https:");
  return (
    <Steps>
      <Step title="Put Muster on the device">
        <p>
          Clone the same version of Muster that this server runs, and in its directory run <code>npm ci</code>. Node 20 or newer
          and npm must be there; it brings its own Node along.
        </p>
      </Step>
      <Step title="Run the agent as root">
        <p>
          In that directory. It reads the package databases and keeps the report current within seconds. It changes nothing on the
          device.
        </p>
        <CopyBlock
          label="Agent command"
          text={`sudo env MUSTER_ENROLL_SECRET=${shellWord(secret)} npx muster agent --server ${shellWord(server)} --inventory-only`}
        />
        {secure && (
          <p>
            If the server's certificate comes from <code>npx muster tls</code>, copy its <code>ca.pem</code> to the device and add{" "}
            <code>--ca /etc/muster/ca.pem</code>.
          </p>
        )}
      </Step>
      <Step title="See it arrive">
        <p>The device appears beside this text a few seconds after the agent starts.</p>
      </Step>
    </Steps>
  );
}
