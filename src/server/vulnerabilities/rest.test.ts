import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CURL, KERNEL, LODASH, LODASH_ALIAS, openAssessedFleet, SSH, type AssessedFleet } from "#test/support/assessed-fleet.ts";

/** The endpoints of vulnerabilities through the whole HTTP server, over findings that matching made. Nothing here changes the fleet. */

let fleet: AssessedFleet;

beforeAll(async () => {
  fleet = await openAssessedFleet();
});
afterAll(async () => fleet.close());

interface Listed {
  count: number;
  vulnerabilities: { cve: string; hosts_count: number; [field: string]: unknown }[];
  meta: { next_cursor?: string };
}

async function cves(query: string): Promise<string[]> {
  const { status, body } = await fleet.get<Listed>(`/vulnerabilities${query}`);
  expect(status).toBe(200);
  expect(body.count).toBe(body.vulnerabilities.length);
  return body.vulnerabilities.map(({ cve }) => cve);
}

describe("GET /vulnerabilities", () => {
  test("tells what the fleet is exposed to in Fleet's fields and Muster's", async () => {
    const { body } = await fleet.get<Listed>("/vulnerabilities?order_key=cve");
    expect(body.vulnerabilities.map(({ cve, hosts_count }) => [cve, hosts_count])).toEqual([
      [LODASH, 2],
      [CURL, 2],
      [KERNEL, 1],
      [SSH, 1],
    ]);
    expect(body.vulnerabilities[3]).toMatchObject({
      details_link: "https://nvd.nist.gov/vuln/detail/CVE-2024-6387",
      cvss_score: 8.1,
      severity: "high",
      cisa_known_exploit: false,
      cve_published: "2024-07-01T13:15:06.000Z",
      cve_description: "A signal handler race condition in sshd.",
      states: ["affected"],
      sources: ["deb_packages"],
      software_count: 1,
    });
  });

  test.each([
    ["?severity=critical", [CURL]],
    ["?min_cvss_score=8&max_cvss_score=9", [SSH]],
    ["?exploit=true", [KERNEL]],
    ["?state=unfixed,will_not_fix", [CURL]],
    ["?source=npm_packages", [LODASH]],
    ["?query=SOCKS5%20heap", [CURL]],
    [`?query=${LODASH_ALIAS.toLowerCase()}`, [LODASH]],
    ["?published_since=2024-06-01T00:00:00Z", [SSH]],
    ["?suppressed=yes", []],
  ])("%s", async (query, expected) => {
    expect(await cves(query)).toEqual(expected);
  });

  test("filters by software, title and operating system", async () => {
    const id = await fleet.softwareId("curl");
    const { body } = await fleet.get<{ software: { software_title_id: number } }>(`/software/versions/${id}`);
    expect(await cves(`?software_version_id=${id}`)).toEqual([CURL]);
    expect(await cves(`?software_title_id=${body.software.software_title_id}`)).toEqual([CURL]);
    expect(await cves("?os_version_id=1")).toEqual([]);
  });

  test("every order, both ways, page by page", async () => {
    const keys = ["cve", "cvss_score", "epss_probability", "cisa_known_exploit", "cve_published", "created_at", "hosts_count"];
    for (const key of [...keys, "host_count", "software_count", "severity", "priority", "due_at"]) {
      for (const direction of ["asc", "desc"]) {
        const order = `order_key=${key}&order_direction=${direction}`;
        // oxlint-disable-next-line no-await-in-loop -- one list after the other
        const { body } = await fleet.get<Listed>(`/vulnerabilities?${order}`);
        const whole = body.vulnerabilities.map(({ cve }) => cve);
        const paged: string[] = [];
        for (let after: string | undefined = ""; after !== undefined;) {
          const cursor: string = after === "" ? "" : `&after=${encodeURIComponent(after)}`;
          // oxlint-disable-next-line no-await-in-loop
          const page = (await fleet.get<Listed>(`/vulnerabilities?${order}&per_page=1${cursor}`)).body;
          paged.push(...page.vulnerabilities.map(({ cve }) => cve));
          after = page.meta.next_cursor;
        }
        expect([key, direction, paged]).toEqual([key, direction, whole]);
      }
    }
    expect((await cves("?order_key=severity&order_direction=desc"))[0]).toBe(CURL);
    expect((await cves("?order_key=priority&order_direction=desc"))[0]).toBe(KERNEL);
  });

  test.each([
    ["?severity=terrible", 400, "severity"],
    ["?min_cvss_score=11", 400, "min_cvss_score"],
    ["?state=open", 400, "state"],
    ["?label_id=99", 404, "label_id"],
    ["?colour=red", 400, "colour"],
    ["?order_key=secret", 400, "order_key"],
    [`?query=${encodeURIComponent("%_'; DROP TABLE findings --")}`, 200, undefined],
  ])("refuses or bears %s", async (query, status, name) => {
    const answer = await fleet.get<{ errors?: { name: string }[] }>(`/vulnerabilities${query}`);
    expect([answer.status, answer.body.errors?.[0]?.name]).toEqual([status, name]);
  });

  test("needs somebody who may read software", async () => {
    for (const path of ["/vulnerabilities", "/vulnerabilities/report", `/vulnerabilities/${SSH}`, `/hosts/1/vulnerabilities`]) {
      // oxlint-disable-next-line no-await-in-loop
      const reply = await fleet.app.inject({ method: "GET", url: `/api/v1/fleet${path}` });
      expect(reply.statusCode).toBe(401);
    }
  });
});

describe("GET /vulnerabilities/:cve", () => {
  test("has the software that has it, the records that tell of it, and why it has its priority", async () => {
    const { body } = await fleet.get(`/vulnerabilities/${KERNEL.toLowerCase()}`);
    expect(body).toMatchObject({
      vulnerability: {
        cve: KERNEL,
        hosts_count: 1,
        details: { kev: { date_added: "2024-05-30" }, records: [{ feed: "test", record: KERNEL }] },
      },
      software: [
        {
          name: "linux-image-6.1.0-17-amd64",
          version: "6.1.69-1",
          os_scope: "debian:12",
          resolved_in_version: "6.1.76-1",
          hosts_count: 1,
          state: "affected",
          suppressed: null,
        },
      ],
      os_versions: [],
    });
    const { details } = body["vulnerability"] as { details: { priority_reasons: string[] } };
    expect(details.priority_reasons.length).toBeGreaterThan(0);
  });

  test("is found by an alias; 204 when known and not here, 404 when not known, 400 when it is no id", async () => {
    expect((await fleet.get(`/vulnerabilities/${LODASH_ALIAS}`)).body).toMatchObject({ vulnerability: { cve: LODASH } });
    await fleet.feed("CVE-2020-0001", { "deb:debian:12 nothing": [] }, { facts: { description: "Not here." } });
    expect((await fleet.get("/vulnerabilities/CVE-2020-0001")).status).toBe(204);
    expect((await fleet.get("/vulnerabilities/CVE-2020-0001?known=true")).body).toMatchObject({
      vulnerability: { cve_description: "Not here.", hosts_count: 0 },
      software: null,
    });
    expect((await fleet.get("/vulnerabilities/CVE-1999-0001")).status).toBe(404);
    expect((await fleet.get("/vulnerabilities/%27%20OR%201")).status).toBe(400);
  });

  test("history and exposure", async () => {
    const { body } = await fleet.get<{ events: unknown[] }>(`/vulnerabilities/${SSH}/history`);
    expect(body.events).toMatchObject([{ type: "opened", name: "openssh-server", source: "deb_packages", reason: null }]);
    const exposure = await fleet.get<{ days: unknown[] }>("/vulnerability_exposure?days=7");
    expect(exposure.body.days).toMatchObject([{ critical: 1, high: 3, medium: 0, low: 0, unknown: 0, exploited: 1 }]);
  });
});

describe("GET /vulnerabilities/:cve/explanation", () => {
  interface Explained {
    explanations: { found: boolean; verdict: string; name: string; sentences: string[]; ranges: unknown[] }[];
  }

  test("of what was found: what it was looked up as, the range, the comparison", async () => {
    const id = await fleet.softwareId("openssh-server");
    const { body } = await fleet.get<Explained>(`/vulnerabilities/${SSH}/explanation?software_version_id=${id}`);
    expect(body).toMatchObject({
      cve: SSH,
      explanations: [
        {
          found: true,
          verdict: "affected",
          name: "openssh-server",
          os_scope: "debian:12",
          identity: { status: "assessed", authority: "debian" },
          resolved_in_version: "1:9.2p1-2+deb12u3",
          ranges: [
            { decisive: true, outcome: "affected", comparisons: [{ operator: "<", bound: "1:9.2p1-2+deb12u3", scheme: "dpkg" }] },
          ],
        },
      ],
    });
    expect(body.explanations[0]?.sentences[0]).toBe(`${SSH}: affected; fixed in 1:9.2p1-2+deb12u3.`);
  });

  test("of what was not found, and of a whole host", async () => {
    const id = await fleet.softwareId("linux-image-6.1.0-18-amd64");
    const absent = await fleet.get<Explained>(`/vulnerabilities/${KERNEL}/explanation?software_version_id=${id}`);
    expect(absent.body.explanations).toMatchObject([{ found: false, verdict: "not_affected" }]);
    const bash = await fleet.get<Explained>(
      `/vulnerabilities/${KERNEL}/explanation?software_version_id=${await fleet.softwareId("bash")}`,
    );
    expect(bash.body.explanations).toMatchObject([{ found: false, verdict: "not_listed" }]);
    const host = await fleet.get<Explained>(`/vulnerabilities/${KERNEL}/explanation?host_id=${fleet.hosts.one}`);
    expect(host.body.explanations.map(({ name, verdict }) => `${name} ${verdict}`).toSorted()).toEqual([
      "linux-image-6.1.0-17-amd64 affected",
      "linux-image-6.1.0-18-amd64 not_affected",
    ]);
  });

  test.each([
    ["", 422],
    ["?software_version_id=99999", 404],
    ["?host_id=99999", 404],
    ["?os_version_id=99999", 404],
    ["?software_version_id=1&os_version_id=1", 422],
    ["?software_version_id=x", 400],
  ])("refuses %s", async (query, status) => {
    expect((await fleet.get(`/vulnerabilities/${SSH}/explanation${query}`)).status).toBe(status);
  });
});

describe("a host", () => {
  test("has its vulnerabilities, kernels that run told apart", async () => {
    const { body } = await fleet.get<{ count: number; cves_count: number; vulnerabilities: Record<string, unknown>[] }>(
      `/hosts/${fleet.hosts.one}/vulnerabilities?order_key=cve`,
    );
    expect(body).toMatchObject({ count: 4, cves_count: 4 });
    expect(body.vulnerabilities.map((row) => [row["cve"], row["name"], row["running"]])).toEqual([
      [LODASH, "lodash", null],
      [CURL, "curl", null],
      [KERNEL, "linux-image-6.1.0-17-amd64", false],
      [SSH, "openssh-server", null],
    ]);
    const severe = await fleet.get<{ count: number }>(`/hosts/${fleet.hosts.one}/vulnerabilities?exploit=true`);
    expect(severe.body.count).toBe(1);
    expect((await fleet.get("/hosts/99999/vulnerabilities")).status).toBe(404);
  });

  test("is listed, counted and exported by a vulnerability", async () => {
    const { one, two } = fleet.hosts;
    const listed = async (cve: string) =>
      (await fleet.get<{ hosts: { id: number }[] }>(`/hosts?vulnerability=${cve}`)).body.hosts.map(({ id }) => id);
    expect(await listed(CURL.toLowerCase())).toEqual([one, two]);
    expect(await listed(SSH)).toEqual([one]);
    expect(await listed(LODASH_ALIAS)).toEqual([one, two]);
    expect(await listed("CVE-1999-0001")).toEqual([]);
    expect((await fleet.get(`/hosts/count?vulnerability=${SSH}`)).body).toEqual({ count: 1 });
    const { body } = await fleet.text(`/hosts/report?vulnerability=${SSH}&columns=id`);
    expect(body.trim().split("\r\n")).toEqual(["id", String(one)]);
  });

  test("has a health in Fleet's shape", async () => {
    const { body } = await fleet.get<{ health: { vulnerable_software: { name: string }[] } }>(`/hosts/${fleet.hosts.one}/health`);
    expect(body.health.vulnerable_software.map(({ name }) => name)).toEqual([
      "linux-image-6.1.0-17-amd64",
      "curl",
      "openssh-server",
      "lodash",
    ]);
  });
});

describe("exports", () => {
  test("vulnerabilities, a host's, and who has which", async () => {
    const all = await fleet.text("/vulnerabilities/report?columns=cve,hosts_count&order_key=cve");
    expect(all.body.trim().split("\r\n")).toEqual(["cve,hosts_count", `${LODASH},2`, `${CURL},2`, `${KERNEL},1`, `${SSH},1`]);
    const host = await fleet.text(
      `/hosts/${fleet.hosts.one}/vulnerabilities/report?format=ndjson&order_key=cve&columns=cve,running`,
    );
    expect(
      host.body
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown),
    ).toContainEqual({ cve: KERNEL, running: false });
    const who = await fleet.text(`/vulnerabilities/hosts/report?vulnerability=${CURL}&columns=host_id,name,cve`);
    expect(who.body.trim().split("\r\n")).toEqual([
      "host_id,name,cve",
      `${fleet.hosts.one},curl,${CURL}`,
      `${fleet.hosts.two},curl,${CURL}`,
    ]);
    expect((await fleet.text("/vulnerabilities/report?columns=secret")).status).toBe(400);
  });
});
