import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CURL, KERNEL, LODASH, openAssessedFleet, SSH, type AssessedFleet } from "#test/support/assessed-fleet.ts";

/** Vulnerabilities in software, titles, hosts and operating systems, as Fleet has them there. Nothing here changes the fleet. */

let fleet: AssessedFleet;

beforeAll(async () => {
  fleet = await openAssessedFleet();
});
afterAll(async () => fleet.close());

interface Row {
  name: string;
  version: string;
  vulnerabilities: { cve: string }[] | null;
}

async function names(path: string): Promise<string[]> {
  const { body, status } = await fleet.get<{ software?: Row[]; software_titles?: Row[]; count: number }>(path);
  expect(status).toBe(200);
  const rows = body.software ?? body.software_titles ?? [];
  expect(body.count).toBe(rows.length);
  return rows.map(({ name }) => name);
}

describe("software versions", () => {
  test("carry their vulnerabilities, null when there is none", async () => {
    const { body } = await fleet.get<{ software: Row[] }>("/software/versions?order_key=name");
    const shown = body.software.map(({ name, vulnerabilities }) => [name, vulnerabilities?.map(({ cve }) => cve) ?? null]);
    expect(shown).toEqual([
      ["bash", null],
      ["curl", [CURL]],
      ["linux-image-6.1.0-17-amd64", [KERNEL]],
      ["linux-image-6.1.0-18-amd64", null],
      ["lodash", [LODASH]],
      ["openssh-server", [SSH]],
    ]);
    const ssh = await fleet.get(`/software/versions/${await fleet.softwareId("openssh-server")}`);
    expect(ssh.body).toMatchObject({
      software: {
        vulnerabilities_count: 1,
        generated_cpe: "",
        vulnerabilities: [
          {
            cve: SSH,
            details_link: "https://nvd.nist.gov/vuln/detail/CVE-2024-6387",
            cvss_score: 8.1,
            epss_probability: null,
            cisa_known_exploit: false,
            cve_published: "2024-07-01T13:15:06.000Z",
            cve_description: "A signal handler race condition in sshd.",
            resolved_in_version: "1:9.2p1-2+deb12u3",
            state: "affected",
          },
        ],
      },
    });
    const brief = await fleet.get<{ software: Row[] }>("/software/versions?query=openssh&without_vulnerability_details=true");
    expect(Object.keys(brief.body.software[0]?.vulnerabilities?.[0] ?? {})).toEqual(["cve", "details_link", "created_at"]);
  });

  test.each([
    ["vulnerable=true", ["curl", "linux-image-6.1.0-17-amd64", "lodash", "openssh-server"]],
    ["vulnerable=true&min_cvss_score=8", ["curl", "openssh-server"]],
    ["vulnerable=true&min_cvss_score=8&max_cvss_score=9", ["openssh-server"]],
    ["max_cvss_score=8", ["linux-image-6.1.0-17-amd64"]],
    ["exploit=true", ["linux-image-6.1.0-17-amd64"]],
    ["exploit=true&min_cvss_score=9", []],
    ["vulnerable=false&query=bash", ["bash"]],
    [`query=${SSH.toLowerCase()}`, ["openssh-server"]],
    ["query=CVE-2024-", ["linux-image-6.1.0-17-amd64", "openssh-server"]],
    ["query=CVE-1999-0001", []],
  ])("and titles: %s", async (query, expected) => {
    expect(await names(`/software/versions?order_key=name&${query}`)).toEqual(expected);
    expect((await names(`/software/titles?${query}`)).length).toBe(expected.length);
  });

  test("are ordered by their worst vulnerability", async () => {
    const first = async (key: string, direction: string) =>
      (await names(`/software/versions?order_key=${key}&order_direction=${direction}`))[0];
    expect(await first("cvss_score", "desc")).toBe("curl");
    expect(await first("cve_published", "desc")).toBe("openssh-server");
    expect(await first("cisa_known_exploit", "desc")).toBe("linux-image-6.1.0-17-amd64");
    expect(await first("cvss_score", "asc")).not.toBe("curl");
    for (const key of ["epss_probability", "cvss_score", "cve_published", "cisa_known_exploit", "vulnerabilities_count"]) {
      const paged: string[] = [];
      for (let after: string | undefined = ""; after !== undefined;) {
        const cursor: string = after === "" ? "" : `&after=${encodeURIComponent(after)}`;
        // oxlint-disable-next-line no-await-in-loop -- page by page
        const { body } = await fleet.get<{ software: Row[]; meta: { next_cursor?: string } }>(
          `/software/versions?per_page=2&order_key=${key}${cursor}`,
        );
        paged.push(...body.software.map(({ name }) => name));
        after = body.meta.next_cursor;
      }
      // oxlint-disable-next-line no-await-in-loop
      expect(paged).toEqual(await names(`/software/versions?order_key=${key}`));
    }
  });

  test("refuse scores that are none", async () => {
    for (const query of ["min_cvss_score=-1", "max_cvss_score=11", "min_cvss_score=x", "exploit=maybe", "order_key=cvss"]) {
      // oxlint-disable-next-line no-await-in-loop
      expect((await fleet.get(`/software/versions?${query}`)).status).toBe(400);
    }
  });
});

test("titles carry the ids of each version's vulnerabilities", async () => {
  const { body } = await fleet.get<{ software_titles: { id: number; versions: unknown[] }[] }>("/software/titles?query=openssh");
  expect(body.software_titles[0]?.versions).toMatchObject([{ version: "1:9.2p1-2", vulnerabilities: [SSH] }]);
  const one = await fleet.get(`/software/titles/${body.software_titles[0]?.id}`);
  expect(one.body).toMatchObject({ software_title: { versions: [{ vulnerabilities: [SSH], hosts_count: 1 }] } });
});

describe("hosts", () => {
  test("carry them in their software and in issues", async () => {
    const { body } = await fleet.get<{ host: { software: Row[]; issues: object } }>(`/hosts/${fleet.hosts.one}`);
    expect(body.host.software.map(({ name, vulnerabilities }) => [name, vulnerabilities?.map(({ cve }) => cve) ?? null])).toEqual(
      [
        ["bash", null],
        ["curl", [CURL]],
        ["linux-image-6.1.0-17-amd64", [KERNEL]],
        ["linux-image-6.1.0-18-amd64", null],
        ["lodash", [LODASH]],
        ["openssh-server", [SSH]],
      ],
    );
    expect(body.host.issues).toEqual({
      failing_policies_count: 0,
      critical_vulnerabilities_count: 2,
      vulnerabilities_count: 4,
      total_issues_count: 2,
    });
  });

  test("list their software by vulnerability", async () => {
    const listed = async (query: string) =>
      (
        await fleet.get<{ software: { name: string; installed_versions: { vulnerabilities: string[] | null }[] }[] }>(
          `/hosts/${fleet.hosts.one}/software?${query}`,
        )
      ).body.software.map(({ name, installed_versions }) => [name, installed_versions.map((one) => one.vulnerabilities)]);
    expect(await listed("vulnerable=true&min_cvss_score=8")).toEqual([
      ["curl", [[CURL]]],
      ["openssh-server", [[SSH]]],
    ]);
    expect(await listed("exploit=true")).toEqual([[expect.stringContaining("linux-image"), [[KERNEL]]]]);
    expect(await listed("query=bash")).toEqual([["bash", [null]]]);
  });

  test("come with their software when asked for, on short pages", async () => {
    const { body } = await fleet.get<{ hosts: { software: Row[]; issues: unknown }[] }>("/hosts?populate_software=true");
    expect(body.hosts[1]?.software.map(({ name, vulnerabilities }) => [name, vulnerabilities?.[0]?.cve])).toEqual([
      ["curl", CURL],
      ["lodash", LODASH],
    ]);
    const brief = await fleet.get<typeof body>("/hosts?populate_software=without_vulnerability_details&per_page=1");
    expect(Object.keys(brief.body.hosts[0]?.software[1]?.vulnerabilities?.[0] ?? {})).toEqual([
      "cve",
      "details_link",
      "created_at",
    ]);
    expect((await fleet.get("/hosts?populate_software=true&per_page=51")).status).toBe(422);
    expect((await fleet.get<{ hosts: object[] }>("/hosts")).body.hosts[0]).not.toHaveProperty("software");
  });
});

test("operating systems: those of running kernels in lists, of all installed ones in the detail, both told apart", async () => {
  const list = await fleet.get<{ os_versions: { os_version_id: number }[] }>("/os_versions");
  expect(list.body.os_versions).toMatchObject([{ vulnerabilities_count: 0, vulnerabilities: [] }]);
  const { body } = await fleet.get(`/os_versions/${list.body.os_versions[0]?.os_version_id}`);
  expect(body).toMatchObject({
    os_version: {
      vulnerabilities_count: 1,
      vulnerabilities: [{ cve: KERNEL }],
      kernels: [
        { name: "linux-image-6.1.0-18-amd64", vulnerabilities: null, hosts_count: 1, running_hosts_count: 1 },
        { name: "linux-image-6.1.0-17-amd64", vulnerabilities: [KERNEL], hosts_count: 1, running_hosts_count: 0 },
      ],
    },
  });
  const none = await fleet.get(`/os_versions/${list.body.os_versions[0]?.os_version_id}?max_vulnerabilities=0`);
  expect(none.body).toMatchObject({ os_version: { vulnerabilities_count: 1, vulnerabilities: [] } });
});

test("exports of software have them", async () => {
  const columns = "columns=name,vulnerabilities,vulnerabilities_count,cvss_score_max,cisa_known_exploit";
  const lines = async (path: string) => (await fleet.text(path)).body.trim().split("\r\n").slice(1);
  const ssh = `openssh-server,${SSH},1,8.1,false`;
  expect(await lines(`/software/versions/report?vulnerable=true&order_key=name&${columns}`)).toEqual([
    `curl,${CURL},1,9.8,false`,
    `linux-image-6.1.0-17-amd64,${KERNEL},1,7.8,true`,
    `lodash,${LODASH},1,,false`,
    ssh,
  ]);
  expect(await lines(`/software/titles/report?query=${SSH}&${columns}`)).toEqual([ssh]);
  expect(await lines(`/hosts/${fleet.hosts.one}/software/report?min_cvss_score=8&max_cvss_score=9&${columns}`)).toEqual([ssh]);
  expect(await lines(`/software/hosts/report?vulnerability=${SSH}&query=openssh&${columns}`)).toEqual([ssh]);
});
