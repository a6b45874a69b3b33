-- The shared catalogue (seed 002): titles group software; a software row is one identity; hosts link to it.

CREATE TABLE software_titles (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- 128-bit cut of SHA-256 over the canonical title key
  checksum bytea NOT NULL UNIQUE CHECK (length(checksum) = 16),
  name text NOT NULL,
  source text NOT NULL,
  extension_for text NOT NULL DEFAULT '',
  bundle_identifier text NOT NULL DEFAULT '',
  application_id text NOT NULL DEFAULT '',
  upgrade_code text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX software_titles_name ON software_titles (lower(name), id);
CREATE INDEX software_titles_search ON software_titles USING gin (lower(name) gin_trgm_ops);

CREATE TABLE software (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  title_id bigint NOT NULL REFERENCES software_titles (id),
  -- 128-bit cut of SHA-256 over the canonical identity key
  checksum bytea NOT NULL UNIQUE CHECK (length(checksum) = 16),
  name text NOT NULL,
  version text NOT NULL,
  source text NOT NULL,
  bundle_identifier text NOT NULL DEFAULT '',
  release text NOT NULL DEFAULT '',
  vendor text NOT NULL DEFAULT '',
  arch text NOT NULL DEFAULT '',
  extension_id text NOT NULL DEFAULT '',
  extension_for text NOT NULL DEFAULT '',
  application_id text NOT NULL DEFAULT '',
  upgrade_code text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX software_title_id ON software (title_id);
CREATE INDEX software_name ON software (lower(name), id);
CREATE INDEX software_search ON software USING gin (lower(name || ' ' || version) gin_trgm_ops);

-- Facts that matching needs and identity must not hold: one row a distinct set of facts of one software.
CREATE TABLE software_facts (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  software_id bigint NOT NULL REFERENCES software (id) ON DELETE CASCADE,
  checksum bytea NOT NULL CHECK (length(checksum) = 16),
  source_package text NOT NULL DEFAULT '',
  source_version text NOT NULL DEFAULT '',
  epoch text NOT NULL DEFAULT '',
  origin text NOT NULL DEFAULT '',
  UNIQUE (software_id, checksum)
);

-- Who has what since when. No foreign keys: a key-share lock on shared software rows at every link would make all check-ins
-- queue on the popular ones. What they would guard is guarded by the writers (inventory/link-host.ts, inventory/sweep-orphans.ts).
CREATE TABLE host_software (
  host_id bigint NOT NULL,
  software_id bigint NOT NULL,
  facts_id bigint,
  last_opened_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  installed_paths text[],
  -- json, not jsonb: read back exactly as written, so that comparison is by text
  signature_information json,
  PRIMARY KEY (host_id, software_id)
) PARTITION BY HASH (host_id);

-- The digest of each source's last report: an unchanged check-in is one read of these rows.
CREATE TABLE host_software_sources (
  host_id bigint NOT NULL REFERENCES hosts (id) ON DELETE CASCADE,
  source text NOT NULL,
  digest bytea NOT NULL,
  rows_count integer NOT NULL DEFAULT 0,
  updated_at timestamptz NOT NULL DEFAULT now(),
  error text,
  PRIMARY KEY (host_id, source)
);

-- What a host held before, until retention: one row when a link ends. Together with the links (what it holds, since
-- created_at) this answers every "what was on this host on day D" and every event, at the cost of what changed.
CREATE TABLE host_software_history (
  host_id bigint NOT NULL,
  software_id bigint NOT NULL,
  title_id bigint NOT NULL,
  installed_at timestamptz NOT NULL,
  removed_at timestamptz NOT NULL DEFAULT now(),
  -- how it ended: 'removed' | 'updated' (another version of the title came) | 'renamed' (same software, other name)
  event text NOT NULL,
  -- what took its place, for 'updated' and 'renamed'
  next_software_id bigint
) PARTITION BY HASH (host_id);

DO $$
BEGIN
  FOR i IN 0..15 LOOP
    EXECUTE format('CREATE TABLE host_software_p%s PARTITION OF host_software FOR VALUES WITH (MODULUS 16, REMAINDER %s)', i, i);
    EXECUTE format('CREATE TABLE host_software_history_p%s PARTITION OF host_software_history FOR VALUES WITH (MODULUS 16, REMAINDER %s)', i, i);
  END LOOP;
END $$;
CREATE INDEX host_software_software_id ON host_software (software_id, host_id);
CREATE INDEX host_software_history_host ON host_software_history (host_id, removed_at DESC);
CREATE INDEX host_software_history_title ON host_software_history (title_id, removed_at DESC);
CREATE INDEX host_software_history_software ON host_software_history (software_id);

-- How many hosts hold what. Apart from the catalogue's own rows, because these change at every check-in that changes anything and
-- those never do; a row exists only while some host holds the software. `source` is repeated here for the lists' order.
CREATE TABLE software_counts (
  software_id bigint PRIMARY KEY,
  source text NOT NULL,
  hosts_count integer NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX software_counts_hosts_count ON software_counts (hosts_count, software_id);
CREATE INDEX software_counts_source ON software_counts (source, hosts_count, software_id);

CREATE TABLE software_title_counts (
  title_id bigint PRIMARY KEY,
  source text NOT NULL,
  hosts_count integer NOT NULL,
  -- software of the title that some host holds
  versions_count integer NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX software_title_counts_hosts_count ON software_title_counts (hosts_count, title_id);
CREATE INDEX software_title_counts_source ON software_title_counts (source, hosts_count, title_id);

-- The ledger of count changes: written with the links, in their transaction, one row a check-in; folded into the counts before a
-- list is read (inventory/settle-counts.ts) and by a background job. Counts + unfolded changes are exact at every moment, and no
-- two check-ins ever wait for one counter.
CREATE TABLE software_count_changes (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  software_added bigint[] NOT NULL DEFAULT '{}',
  software_removed bigint[] NOT NULL DEFAULT '{}',
  titles_added bigint[] NOT NULL DEFAULT '{}',
  titles_removed bigint[] NOT NULL DEFAULT '{}'
);
