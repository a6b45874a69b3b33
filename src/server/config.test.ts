import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { ConfigError, readConfig, unknownVariables, VARIABLES } from "./config.ts";

describe("readConfig", () => {
  test("has a default for everything", () => {
    expect(readConfig({})).toEqual({
      host: "127.0.0.1",
      port: 8080,
      publicUrl: null,
      dataDir: resolve("data"),
      databaseUrl: null,
      databaseReplicaUrl: null,
      roles: ["all"],
      adminToken: null,
      enrollSecret: null,
      localDevice: true,
      inventoryIntervalSeconds: 3600,
      demonstration: false,
      historyRetentionDays: 400,
      feeds: true,
      feedsDir: null,
      feedsMirror: null,
      nvdApiKey: null,
      vulncheckToken: null,
      smtpUrl: null,
      smtpFrom: null,
      secretKeys: null,
      tlsCert: null,
      tlsKey: null,
      logLevel: "info",
    });
  });

  test("reads every variable", () => {
    const config = readConfig({
      MUSTER_HOST: "0.0.0.0",
      MUSTER_PORT: "0",
      MUSTER_PUBLIC_URL: "https://muster.example.org/",
      MUSTER_DATA_DIR: "/srv/muster",
      DATABASE_URL: "postgresql://u:p%40ss@db:5433/muster?sslmode=require",
      DATABASE_REPLICA_URL: "postgres://replica/muster",
      MUSTER_ROLES: "worker, web",
      MUSTER_ADMIN_TOKEN: "0123456789abcdef",
      MUSTER_ENROLL_SECRET: "fedcba9876543210",
      MUSTER_LOCAL_DEVICE: "off",
      MUSTER_INVENTORY_INTERVAL: "0",
      MUSTER_HISTORY_RETENTION: "30",
      MUSTER_DEMONSTRATION: "on",
      MUSTER_FEEDS: "off",
      MUSTER_FEEDS_DIR: "/srv/feeds",
      MUSTER_FEEDS_MIRROR: "https://mirror.example.org/feeds/",
      MUSTER_NVD_API_KEY: "0123456789abcdef",
      MUSTER_VULNCHECK_TOKEN: "vulncheck_0123456789",
      MUSTER_SMTP_URL: "smtps://muster:secret@mail.example.org",
      MUSTER_SMTP_FROM: "Muster <muster@example.org>",
      MUSTER_TLS_CERT: "/srv/tls/cert.pem",
      MUSTER_TLS_KEY: "/srv/tls/key.pem",
      MUSTER_SECRET_KEYS: "0123456789abcdef0123456789abcdef, fedcba9876543210fedcba9876543210",
      MUSTER_LOG_LEVEL: "debug",
    });
    expect(config).toEqual({
      host: "0.0.0.0",
      port: 0,
      publicUrl: "https://muster.example.org",
      dataDir: "/srv/muster",
      databaseUrl: "postgresql://u:p%40ss@db:5433/muster?sslmode=require",
      databaseReplicaUrl: "postgres://replica/muster",
      roles: ["web", "worker"],
      adminToken: "0123456789abcdef",
      enrollSecret: "fedcba9876543210",
      localDevice: false,
      inventoryIntervalSeconds: 0,
      demonstration: true,
      historyRetentionDays: 30,
      feeds: false,
      feedsDir: "/srv/feeds",
      feedsMirror: "https://mirror.example.org/feeds",
      nvdApiKey: "0123456789abcdef",
      vulncheckToken: "vulncheck_0123456789",
      smtpUrl: "smtps://muster:secret@mail.example.org",
      smtpFrom: "Muster <muster@example.org>",
      secretKeys: ["0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"],
      tlsCert: "/srv/tls/cert.pem",
      tlsKey: "/srv/tls/key.pem",
      logLevel: "debug",
    });
  });

  test.each(["postgres://u:p@/muster?host=%2Frun%2Fpostgresql", "postgres:///muster", "postgresql://[::1]:5432/muster"])(
    "DATABASE_URL may be any form that PostgreSQL knows: %s",
    (url) => expect(readConfig({ DATABASE_URL: url }).databaseUrl).toBe(url),
  );

  test("an empty variable is an absent one", () => {
    expect(readConfig({ MUSTER_PORT: "", DATABASE_URL: "  " })).toEqual(readConfig({}));
  });

  test.each([
    ["MUSTER_HOST", "not a host"],
    ["MUSTER_PORT", "65536"],
    ["MUSTER_PORT", "8080x"],
    ["MUSTER_PORT", "-1"],
    ["MUSTER_PUBLIC_URL", "muster.example.org"],
    ["MUSTER_PUBLIC_URL", "https://muster.example.org/path"],
    ["MUSTER_PUBLIC_URL", "https://user@muster.example.org"],
    ["MUSTER_PUBLIC_URL", "ftp://muster.example.org"],
    ["MUSTER_ROLES", "all,both"],
    ["MUSTER_ROLES", ","],
    ["MUSTER_LOCAL_DEVICE", "maybe"],
    ["MUSTER_INVENTORY_INTERVAL", "1h"],
    ["MUSTER_INVENTORY_INTERVAL", "604801"],
    ["MUSTER_LOG_LEVEL", "loud"],
  ])("%s=%s is refused with the variable, the value and what is allowed", (name, value) => {
    const variable = Object.values(VARIABLES).find((candidate) => candidate.name === name);
    expect(() => readConfig({ [name]: value })).toThrow(
      new ConfigError(`${name} must be ${variable?.allowed}; ${JSON.stringify(value)} is not.`),
    );
  });

  test.each([
    ["MUSTER_ADMIN_TOKEN", "too short"],
    ["MUSTER_ENROLL_SECRET", "has a space in its midst"],
    ["DATABASE_URL", "mysql://root:hunter2@db/muster"],
    ["DATABASE_REPLICA_URL", "hunter2"],
  ])("%s: a refused secret is not repeated", (name, value) => {
    expect(() => readConfig({ [name]: value })).toThrow(ConfigError);
    expect(() => readConfig({ [name]: value })).not.toThrow(value);
  });

  test("a certificate without its key is refused, and a replica without a primary", () => {
    expect(() => readConfig({ MUSTER_TLS_CERT: "cert.pem" })).toThrow("MUSTER_TLS_CERT and MUSTER_TLS_KEY belong together");
    expect(() => readConfig({ DATABASE_REPLICA_URL: "postgres://replica/muster" })).toThrow("needs DATABASE_URL");
  });
});

describe("unknownVariables", () => {
  test("finds typing errors, and leaves what other parts read alone", () => {
    const env = { MUSTER_PROT: "8081", MUSTER_PORT: "8080", MUSTER_SERVER: "x", MUSTER_TEST_DATABASE: "x", PATH: "/bin" };
    expect(unknownVariables(env)).toEqual(["MUSTER_PROT"]);
  });
});
