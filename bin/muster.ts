/** The command `muster`: the server, the device agent, and everything else, which is the command line for people. */
const [command, ...rest] = process.argv.slice(2);

// each part is loaded only when it runs: the agent must not hold the server's packages in memory
if (command === "serve" && rest.length === 0) {
  const { serve } = await import("./serve.ts");
  process.exitCode = await serve(process.env);
} else if (command === "doctor") {
  const { doctor } = await import("./doctor.ts");
  process.exitCode = await doctor(rest, process.env);
} else if (command === "agent") {
  endWithParent();
  const { runAgentCommand } = await import("#agent/main.ts");
  process.exitCode = await runAgentCommand(rest, process.env);
} else {
  const { runCli } = await import("#cli/main.ts");
  process.exitCode = await runCli(process.argv.slice(2));
}

/** An agent that a server started (the local device) ends with it, also when the server is killed. */
function endWithParent(): void {
  if (process.channel === undefined) return;
  process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
  process.channel?.unref();
}
