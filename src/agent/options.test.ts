import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { AGENT_HELP, agentOptions } from "./options.ts";

const SERVER = ["--server", "https://muster.example.com"];

async function options(argv: string[], env: NodeJS.ProcessEnv = {}) {
  const invocation = await agentOptions(argv, env);
  if (invocation.help) throw new Error("asked for help");
  return invocation.options;
}

describe("agentOptions", () => {
  test("reads the command line", async () => {
    const argv = [
      ...SERVER,
      "--enroll-secret",
      "s3",
      "--state-dir",
      "/s",
      "--ca",
      "/ca.pem",
      "--interval",
      "60",
      "--inventory-only",
    ];
    expect(await options(argv)).toEqual({
      server: "https://muster.example.com",
      enrollSecret: "s3",
      stateDir: "/s",
      caFile: "/ca.pem",
      intervalSeconds: 60,
      inventoryOnly: true,
    });
  });

  test("fills in from the environment, and the command line wins", async () => {
    const env = { MUSTER_SERVER: "http://10.0.0.1:8080/", MUSTER_ENROLL_SECRET: " secret\n", MUSTER_STATE_DIR: "/env" };
    expect(await options([], env)).toEqual({
      server: "http://10.0.0.1:8080",
      enrollSecret: "secret",
      stateDir: "/env",
      inventoryOnly: false,
    });
    expect(await options([...SERVER, "--enroll-secret", "other"], env)).toMatchObject({
      server: "https://muster.example.com",
      enrollSecret: "other",
    });
  });

  test("reads the secret from a file", async () => {
    const directory = mkdtempSync(join(tmpdir(), "muster-options-"));
    writeFileSync(join(directory, "secret"), "from-file\n");
    expect((await options([...SERVER, "--enroll-secret-file", join(directory, "secret")])).enrollSecret).toBe("from-file");
    rmSync(directory, { recursive: true });
  });

  test("a device that is enrolled needs no secret", async () => {
    expect(await options(SERVER)).toEqual({
      server: "https://muster.example.com",
      enrollSecret: null,
      stateDir: "/var/lib/muster-agent",
      inventoryOnly: false,
    });
  });

  test.each([
    [[], "No server is given"],
    [["--server", "muster"], "is not an address"],
    [["--server", "ftp://muster"], "starts with https://"],
    [["--server", "https://u:p@muster"], "without user, password"],
    [[...SERVER, "--enroll-secret", " "], "The enroll secret is empty"],
    [[...SERVER, "--enroll-secret", "a", "--enroll-secret-file", "b"], "not by both"],
    [[...SERVER, "--enroll-secret-file", "/does/not/exist"], "cannot be read"],
    [[...SERVER, "--interval", "soon"], "whole number of seconds"],
    [[...SERVER, "extra"], "muster agent --help"],
    [["--srever", "x"], "muster agent --help"],
  ])("%j is refused in one sentence", async (argv, words) => {
    const refused = agentOptions(argv, {});
    await expect(refused).rejects.toThrow(words);
    await expect(refused).rejects.toMatchObject({ name: "OptionError" });
  });

  test("the help names every option", async () => {
    expect(await agentOptions(["--help"], {})).toEqual({ help: true });
    expect(AGENT_HELP).toContain("--enroll-secret-file");
  });
});
