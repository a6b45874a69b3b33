-- Devices. What changes at every poll lives apart from what changes rarely, so that polls rewrite a narrow row.

CREATE TABLE operating_systems (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  version text NOT NULL,
  arch text NOT NULL DEFAULT '',
  kernel_version text NOT NULL DEFAULT '',
  platform text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (name, version, arch, kernel_version, platform)
);

CREATE TABLE hosts (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  last_enrolled_at timestamptz NOT NULL DEFAULT now(),
  detail_updated_at timestamptz,
  software_updated_at timestamptz,
  last_restarted_at timestamptz,
  refetch_requested boolean NOT NULL DEFAULT false,
  -- counts the changes of this host's software: two check-ins, or a stale replica, notice each other by it
  software_sequence bigint NOT NULL DEFAULT 0,
  software_count integer NOT NULL DEFAULT 0,
  operating_system_id bigint REFERENCES operating_systems (id),
  hostname text NOT NULL DEFAULT '',
  computer_name text NOT NULL DEFAULT '',
  uuid text NOT NULL DEFAULT '',
  hardware_serial text NOT NULL DEFAULT '',
  hardware_vendor text NOT NULL DEFAULT '',
  hardware_model text NOT NULL DEFAULT '',
  hardware_version text NOT NULL DEFAULT '',
  platform text NOT NULL DEFAULT '',
  platform_like text NOT NULL DEFAULT '',
  os_version text NOT NULL DEFAULT '',
  build text NOT NULL DEFAULT '',
  code_name text NOT NULL DEFAULT '',
  osquery_version text NOT NULL DEFAULT '',
  orbit_version text,
  muster_version text,
  cpu_type text NOT NULL DEFAULT '',
  cpu_subtype text NOT NULL DEFAULT '',
  cpu_brand text NOT NULL DEFAULT '',
  cpu_physical_cores integer NOT NULL DEFAULT 0,
  cpu_logical_cores integer NOT NULL DEFAULT 0,
  memory bigint NOT NULL DEFAULT 0,
  uptime bigint NOT NULL DEFAULT 0,
  public_ip text NOT NULL DEFAULT '',
  primary_ip text NOT NULL DEFAULT '',
  primary_mac text NOT NULL DEFAULT '',
  distributed_interval integer NOT NULL DEFAULT 0,
  config_tls_refresh integer NOT NULL DEFAULT 0,
  logger_tls_period integer NOT NULL DEFAULT 0,
  gigs_disk_space_available double precision NOT NULL DEFAULT 0,
  percent_disk_space_available double precision NOT NULL DEFAULT 0,
  gigs_total_disk_space double precision NOT NULL DEFAULT 0,
  timezone text
) WITH (fillfactor = 80);
-- Columns that change with check-ins (software_updated_at, uptime, free space) must not be indexed: an update of any indexed column writes
-- to every index of the table.
CREATE INDEX hosts_hostname ON hosts (lower(hostname), id);
CREATE INDEX hosts_display_name ON hosts
  (lower(coalesce(nullif(computer_name, ''), nullif(hostname, ''), 'Device ' || id::text)), id);
CREATE INDEX hosts_computer_name ON hosts (lower(computer_name), id);
CREATE INDEX hosts_os_version ON hosts (lower(os_version), id);
CREATE INDEX hosts_hardware_model ON hosts (lower(hardware_model), id);
CREATE INDEX hosts_primary_ip ON hosts (primary_ip, id);
CREATE INDEX hosts_last_enrolled_at ON hosts (last_enrolled_at, id);
CREATE INDEX hosts_platform ON hosts (platform, id);
CREATE INDEX hosts_uuid ON hosts (lower(uuid)) WHERE uuid <> '';
CREATE INDEX hosts_hardware_serial ON hosts (lower(hardware_serial), id);
CREATE INDEX hosts_public_ip ON hosts (public_ip) WHERE public_ip <> '';
CREATE INDEX hosts_operating_system_id ON hosts (operating_system_id);
CREATE INDEX hosts_created_at ON hosts (created_at, id);
-- search by any part of a name, identifier or address; an expression over one text, so that one trigram index serves it
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE INDEX hosts_search ON hosts USING gin
  (lower(hostname || ' ' || computer_name || ' ' || uuid || ' ' || hardware_serial || ' ' || primary_ip) gin_trgm_ops);

-- One row an agent on a host: a host that runs osquery and Muster's agent is one host with two enrolments.
CREATE TABLE host_enrollments (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  host_id bigint NOT NULL REFERENCES hosts (id) ON DELETE CASCADE,
  -- 'osquery' | 'muster' | 'orbit'
  agent text NOT NULL,
  -- what the agent calls its host; unique within one kind of agent
  identifier text NOT NULL,
  -- SHA-256 of the node key; the key itself is never stored
  node_key_hash bytea NOT NULL UNIQUE,
  agent_version text NOT NULL DEFAULT '',
  enrolled_at timestamptz NOT NULL DEFAULT now(),
  -- hardware of the enroller (serial, uuid, instance), to tell a re-enrolment from a clone
  hardware jsonb NOT NULL DEFAULT '{}',
  -- last full report of this agent that was accepted, whether it changed anything or not
  reported_at timestamptz,
  -- the sources that the agent named when it learnt of a refetch; the refetch is done when all of them arrived
  refetch_sources text[],
  -- when the key was last replaced (a few times at most): many in a short time mean that two machines steal it from each other
  key_replaced_at timestamptz[] NOT NULL DEFAULT '{}',
  -- installations that held this enrolment before: one that comes back while its successor lives is a clone
  former_marks text[] NOT NULL DEFAULT '{}',
  conflict_reported_at timestamptz,
  UNIQUE (agent, identifier)
) WITH (fillfactor = 80);
CREATE INDEX host_enrollments_host_id ON host_enrollments (host_id);

-- Written in batches, seconds late at most; narrow, so that every update stays on its page.
CREATE TABLE host_seen_times (
  host_id bigint PRIMARY KEY REFERENCES hosts (id) ON DELETE CASCADE,
  seen_time timestamptz NOT NULL,
  -- last full report of any of its agents
  reported_at timestamptz
) WITH (fillfactor = 50);
-- no index on the times: they change at every poll, and an index would double the cost of it. Lists by seen time read the whole table,
-- which is as narrow as can be.
