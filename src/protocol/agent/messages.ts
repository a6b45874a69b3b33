import { Type } from "typebox";

/**
 * Muster's own agent protocol: JSON over HTTPS, `POST` to `/api/v1/muster/agent/<call>`. Every call but `enroll` carries
 * `Authorization: NodeKey <node_key>`; a key the server does not know answers 401 with `node_invalid: true`, and the agent
 * enrols again. Errors have REST's error shape.
 *
 * Life of a device: `enroll` once, then for ever: `checkin` with one digest a source (cheap; the server answers which sources
 * it wants in full), `inventory` with those sources' rows, and in between `poll`, held open by the server until there is
 * something to do or the wait is over.
 */
export const AGENT_PREFIX = "/api/v1/muster/agent";

const text = (maxLength: number) => Type.String({ maxLength });

/** Facts about the device; every field as osquery's tables `os_version`, `system_info`, … name it. Empty when unknown. */
export const HostDetails = Type.Object({
  hostname: text(255),
  computer_name: text(255),
  uuid: text(255),
  hardware_serial: text(255),
  hardware_vendor: text(255),
  hardware_model: text(255),
  hardware_version: text(255),
  platform: text(64),
  platform_like: text(64),
  os_name: Type.String({ maxLength: 255, description: "`os_version.name`, for example `Debian GNU/Linux`." }),
  os_version: Type.String({ maxLength: 255, description: "`os_version.version`, for example `12 (bookworm)`." }),
  build: text(255),
  code_name: text(255),
  arch: text(64),
  kernel_version: text(255),
  cpu_type: text(255),
  cpu_subtype: text(255),
  cpu_brand: text(255),
  cpu_physical_cores: Type.Integer({ minimum: 0 }),
  cpu_logical_cores: Type.Integer({ minimum: 0 }),
  memory: Type.Integer({ minimum: 0, description: "Bytes." }),
  uptime_seconds: Type.Integer({ minimum: 0 }),
  primary_ip: text(64),
  primary_mac: text(64),
  disk_total_bytes: Type.Integer({ minimum: 0, description: "Size of the file system that holds the root." }),
  disk_available_bytes: Type.Integer({ minimum: 0 }),
  timezone: text(64),
});
export type HostDetails = Type.Static<typeof HostDetails>;

export const EnrollRequest = Type.Object({
  enroll_secret: Type.String({ minLength: 1, maxLength: 255 }),
  /** Stable across reinstalls of the agent: the hardware uuid, else the machine id. */
  host_identifier: Type.String({ minLength: 1, maxLength: 255 }),
  /** Random, made at the agent's first start and kept with its state: tells clones with one hardware uuid apart. */
  instance_id: Type.Optional(text(64)),
  agent_version: text(64),
  host_details: HostDetails,
});
export type EnrollRequest = Type.Static<typeof EnrollRequest>;
export const EnrollResponse = Type.Object({ node_key: Type.String(), host_id: Type.Integer() });
export type EnrollResponse = Type.Static<typeof EnrollResponse>;

/** A value of the domain's `sources.ts`, or one that only a newer agent knows. */
const SourceName = Type.String({ pattern: "^[a-z0-9_]{1,64}$" });

/** SHA-256, in hex, of the domain's `sourceDigestText` over the cleaned entries of one source. */
const SourceDigest = Type.Object({ source: SourceName, digest: Type.String({ pattern: "^[0-9a-f]{64}$" }) });
/** A source whose collector failed: what is stored of it stays as it is. */
const SourceFailure = Type.Object({ source: SourceName, error: text(2000) });

export const CheckinRequest = Type.Object({
  agent_version: text(64),
  /** Sent when they changed since the last successful check-in, and at least once a process life. */
  host_details: Type.Optional(HostDetails),
  sources: Type.Array(SourceDigest, { maxItems: 100 }),
  failures: Type.Array(SourceFailure, { maxItems: 100 }),
});
export type CheckinRequest = Type.Static<typeof CheckinRequest>;
export const CheckinResponse = Type.Object({
  /** The sources whose rows the server wants: those that differ from what it holds. */
  wanted: Type.Array(Type.String()),
  /** Seconds until the next full check-in when nothing changes. */
  interval_seconds: Type.Integer(),
  /** Names the collection settings of this host; the agent asks for them (`collection`) when it holds others. */
  collection_etag: Type.Optional(Type.String({ pattern: "^[0-9a-f]{1,64}$" })),
});
export type CheckinResponse = Type.Static<typeof CheckinResponse>;

const raw = Type.String({ maxLength: 65_536 });
/** A software row as `SoftwareEntry` of the domain, empty fields left out. */
export const SoftwareRow = Type.Object({
  name: raw,
  version: Type.Optional(raw),
  bundle_identifier: Type.Optional(raw),
  release: Type.Optional(raw),
  vendor: Type.Optional(raw),
  arch: Type.Optional(raw),
  extension_id: Type.Optional(raw),
  extension_for: Type.Optional(raw),
  application_id: Type.Optional(raw),
  upgrade_code: Type.Optional(raw),
  last_opened_at: Type.Optional(Type.Integer()),
  installed_paths: Type.Optional(Type.Array(raw, { maxItems: 1000 })),
  signature_information: Type.Optional(
    Type.Array(
      Type.Object({
        installed_path: raw,
        team_identifier: raw,
        hash_sha256: raw,
        executable_sha256: raw,
        executable_path: raw,
      }),
      { maxItems: 1000 },
    ),
  ),
  installed_by: Type.Optional(text(255)),
  facts: Type.Optional(
    Type.Object({
      source_package: Type.Optional(raw),
      source_version: Type.Optional(raw),
      epoch: Type.Optional(raw),
      origin: Type.Optional(raw),
    }),
  ),
});
export type SoftwareRow = Type.Static<typeof SoftwareRow>;

export const InventoryRequest = Type.Object({
  /** The version of the rules that the agent named its rows by (docs/adr/0006); absent: the first that agents had, 2. */
  derivation_version: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
  sources: Type.Array(Type.Object({ source: SourceName, rows: Type.Array(SoftwareRow, { maxItems: 50_000 }) }), {
    maxItems: 100,
  }),
});
export type InventoryRequest = Type.Static<typeof InventoryRequest>;
export const InventoryResponse = Type.Object({});
export type InventoryResponse = Type.Static<typeof InventoryResponse>;

/** How one source is collected on a host. What is absent has the agent's own default. */
export const SourceSettings = Type.Object({
  enabled: Type.Optional(Type.Boolean()),
  /** Seconds between two collections; a source whose files tell that nothing changed is not read again anyway. */
  interval_seconds: Type.Optional(Type.Integer({ minimum: 60, maximum: 604_800 })),
  timeout_seconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 600 })),
  memory_bytes_max: Type.Optional(Type.Integer({ minimum: 16_777_216, maximum: 1_073_741_824 })),
  rows_max: Type.Optional(Type.Integer({ minimum: 1, maximum: 50_000 })),
  /** Absolute directories to search besides the usual places, for sources that search (Python, npm, Java, Go, Rust, portable). */
  roots: Type.Optional(Type.Array(text(1024), { maxItems: 50 })),
});
export type SourceSettings = Type.Static<typeof SourceSettings>;

/** What a host collects, by source: made by the server from the fleet's settings and those of the host's labels. */
export const CollectionSettings = Type.Object({ sources: Type.Record(SourceName, SourceSettings) });
export type CollectionSettings = Type.Static<typeof CollectionSettings>;
/** Answer of the call `collection` (its request has no fields). */
export const CollectionResponse = Type.Object({ etag: Type.String(), settings: CollectionSettings });
export type CollectionResponse = Type.Static<typeof CollectionResponse>;

export const PollRequest = Type.Object({
  /** How long the server may hold the call, in seconds. */
  wait_seconds: Type.Integer({ minimum: 0, maximum: 60 }),
});
export type PollRequest = Type.Static<typeof PollRequest>;
export const PollResponse = Type.Object({
  /** True when someone asked for a full report now: the agent checks in at once with every source in `wanted`. */
  refetch: Type.Boolean(),
  /** See {@link CheckinResponse}. */
  collection_etag: Type.Optional(Type.String({ pattern: "^[0-9a-f]{1,64}$" })),
});
export type PollResponse = Type.Static<typeof PollResponse>;
