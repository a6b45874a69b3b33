import { spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { expect, test } from "vitest";
import { runCommand } from "#test/support/cli-io.ts";

const HAS_OPENSSL = spawnSync("openssl", ["version"]).status === 0;
const freshDirectory = () => join(mkdtempSync(join(tmpdir(), "muster-tls-")), "with a space", "tls");
const now = () => new Date();

async function make(directory: string, ...more: string[]) {
  return runCommand(["tls", "--directory", directory, ...more], { now });
}
function certificate(directory: string, name: string): X509Certificate {
  return new X509Certificate(readFileSync(join(directory, name)));
}

test("keys are readable by their owner alone, and nothing is overwritten unasked", async () => {
  const directory = freshDirectory();
  expect((await make(directory, "--host", "muster.example.org")).code).toBe(0);
  expect(statSync(directory).mode & 0o777).toBe(0o700);
  for (const name of ["ca-key.pem", "server-key.pem"]) expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600);
  const before = readFileSync(join(directory, "server.pem"), "utf8");
  const again = await make(directory, "--host", "other.example.org");
  expect(again).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("--renew makes a new server certificate") });
  expect(readFileSync(join(directory, "server.pem"), "utf8")).toBe(before);
});

test("the certificate speaks for its names and lives 397 days, the CA ten years", async () => {
  const directory = freshDirectory();
  await make(directory, "--host", "Muster.Example.org", "10.0.0.5", "--host", "2001:DB8::1", "--host", "bücher.example");
  const server = certificate(directory, "server.pem");
  for (const name of ["muster.example.org", "xn--bcher-kva.example", "localhost"]) expect(server.checkHost(name)).toBe(name);
  for (const ip of ["10.0.0.5", "2001:db8::1", "127.0.0.1", "::1"]) expect(server.checkIP(ip)).toBe(ip);
  expect(server.checkHost("example.org")).toBeUndefined();
  const days = (from: Date, to: Date) => Math.round((to.getTime() - from.getTime()) / 86_400_000);
  expect(days(server.validFromDate, server.validToDate)).toBe(397);
  const ca = certificate(directory, "ca.pem");
  expect(days(ca.validFromDate, ca.validToDate)).toBe(3652);
  expect(ca.ca).toBe(true);
  expect(server.ca).toBe(false);
  expect(server.checkIssued(ca)).toBe(true);
  expect(server.verify(ca.publicKey)).toBe(true);
});

test("--renew keeps the CA and the names; --force replaces everything", async () => {
  const directory = freshDirectory();
  await make(directory, "--host", "muster.example.org");
  const ca = certificate(directory, "ca.pem").fingerprint256;
  const first = certificate(directory, "server.pem");
  expect((await make(directory, "--renew")).code).toBe(0);
  const renewed = certificate(directory, "server.pem");
  expect(certificate(directory, "ca.pem").fingerprint256).toBe(ca);
  expect(renewed.subjectAltName).toBe(first.subjectAltName);
  expect(renewed.serialNumber).not.toBe(first.serialNumber);
  expect(renewed.verify(certificate(directory, "ca.pem").publicKey)).toBe(true);
  expect((await make(directory, "--renew", "--host", "new.example.org")).code).toBe(0);
  expect(certificate(directory, "server.pem").checkHost("new.example.org")).toBe("new.example.org");
  expect((await make(directory, "--force")).code).toBe(0);
  expect(certificate(directory, "ca.pem").fingerprint256).not.toBe(ca);
});

test("--renew needs a CA that is whole and alive; its certificates never outlive it", async () => {
  const directory = freshDirectory();
  expect(await make(directory, "--renew")).toMatchObject({ code: 1, stderr: expect.stringContaining("Cannot read") });
  await make(directory);
  const later = (years: number) => () => new Date(Date.now() + years * 365.25 * 86_400_000);
  const late = await runCommand(["tls", "--directory", directory, "--renew"], { now: later(9.5) });
  expect(late.code).toBe(0);
  expect(certificate(directory, "server.pem").validTo).toBe(certificate(directory, "ca.pem").validTo);
  const tooLate = await runCommand(["tls", "--directory", directory, "--renew"], { now: later(10.1) });
  expect(tooLate).toMatchObject({ code: 1, stderr: expect.stringContaining("The CA has expired") });
  const other = freshDirectory();
  await make(other);
  const { writeFileSync } = await import("node:fs");
  writeFileSync(join(directory, "ca-key.pem"), readFileSync(join(other, "ca-key.pem")));
  expect(await make(directory, "--renew")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("does not belong to its certificate"),
  });
});

test.each(["https://muster.example.org", "muster.example.org:8080", "", "two words", "-x.example", "a..b"])(
  "%j is refused as a host name",
  async (host) => {
    const run = await make(freshDirectory(), `--host=${host}`);
    expect(run).toMatchObject({ code: 2, stderr: expect.stringContaining("--host takes a host name or an IP address") });
  },
);

test("what is printed can be copied: variables, all osqueryd flags, the agent's command", async () => {
  const directory = freshDirectory();
  const { stdout } = await make(directory, "--host", "muster.example.org", "--port", "8443");
  expect(stdout).toContain(`\nMUSTER_TLS_CERT='${directory}/server.pem'\nMUSTER_TLS_KEY='${directory}/server-key.pem'\n`);
  expect(stdout).toContain("\nMUSTER_PUBLIC_URL=https://muster.example.org:8443\n");
  expect(stdout).toContain("\n--tls_hostname=muster.example.org:8443\n--tls_server_certs=/etc/osquery/muster-ca.pem\n");
  expect(stdout).toContain("\n--distributed_tls_write_endpoint=/api/osquery/distributed/write\n");
  expect(stdout).toContain("\nmuster agent --server https://muster.example.org:8443 --ca ");
  expect(stdout).not.toContain("PRIVATE KEY");
  const { stdout: json } = await make(directory, "--renew", "--json", "--port", "443");
  expect(JSON.parse(json)).toMatchObject({
    environment: { MUSTER_PUBLIC_URL: "https://muster.example.org", MUSTER_TLS_CERT: `${directory}/server.pem` },
    names: ["muster.example.org", "localhost", "127.0.0.1", "::1"],
  });
});

test("a client that has the CA trusts a server that uses the files; one that has not refuses it", async () => {
  const directory = freshDirectory();
  await make(directory, "--host", "muster.example.org");
  const read = (name: string) => readFileSync(join(directory, name));
  const server = createServer({ cert: read("server.pem"), key: read("server-key.pem") });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const handshake = (options: { ca?: Buffer; servername: string }) =>
    new Promise<string>((resolve) => {
      const socket = connect({ host: "127.0.0.1", port, ...options }, () => resolve(`authorized: ${String(socket.authorized)}`));
      socket
        .once("secureConnect", () => socket.end())
        .once("error", (error) => resolve((error as NodeJS.ErrnoException).code ?? ""));
    });
  try {
    expect(await handshake({ ca: read("ca.pem"), servername: "muster.example.org" })).toBe("authorized: true");
    expect(await handshake({ ca: read("server.pem"), servername: "muster.example.org" })).toBe("authorized: true");
    expect(await handshake({ ca: read("ca.pem"), servername: "other.example.org" })).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
    expect(await handshake({ servername: "muster.example.org" })).toBe("SELF_SIGNED_CERT_IN_CHAIN");
  } finally {
    server.close();
  }
});

test("the command line itself trusts a server by --ca, and says what to do without", async () => {
  const directory = freshDirectory();
  await make(directory);
  const read = (name: string) => readFileSync(join(directory, name));
  const server = createServer({ cert: read("server.pem"), key: read("server-key.pem") }, (_request, response) => {
    response.setHeader("content-type", "application/json").end('{"hosts":[],"meta":{"has_next_results":false}}');
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    const untrusted = await runCommand(["get", "hosts", "--server", url], { fetch });
    expect(untrusted).toMatchObject({ code: 5, stderr: expect.stringContaining("give its CA with --ca ca.pem or MUSTER_CA") });
    const trusted = await runCommand(["get", "hosts", "--server", url, "--ca", join(directory, "ca.pem")], { fetch });
    expect(trusted).toEqual({ code: 0, stdout: "", stderr: "No devices found.\n" });
    const wrong = await runCommand(["get", "hosts", "--server", url, "--ca", join(directory, "ca-key.pem")], { fetch });
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining("ca-key.pem holds no certificate in PEM form") });
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test.skipIf(!HAS_OPENSSL)("openssl accepts the chain by its strict rules (skipped where there is no openssl)", async () => {
  const directory = freshDirectory();
  await make(directory, "--host", "muster.example.org", "--host", "10.0.0.5");
  const verify = (...options: string[]) =>
    spawnSync("openssl", ["verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", "ca.pem", ...options, "server.pem"], {
      cwd: directory,
      encoding: "utf8",
    });
  expect(verify("-verify_hostname", "muster.example.org")).toMatchObject({ status: 0, stdout: "server.pem: OK\n" });
  expect(verify("-verify_ip", "10.0.0.5")).toMatchObject({ status: 0 });
  expect(verify("-verify_hostname", "other.example.org").status).not.toBe(0);
});
