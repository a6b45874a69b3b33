-- Labels: named sets of hosts, kept by hand or by rule; counted software of a label; and who installed what.

CREATE TABLE labels (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  description text NOT NULL DEFAULT '',
  platform text NOT NULL DEFAULT '',
  -- regular | builtin
  label_type text NOT NULL DEFAULT 'regular',
  -- manual | dynamic (osquery answers `query`) | host_vitals (the server evaluates `criteria`)
  label_membership_type text NOT NULL,
  query text NOT NULL DEFAULT '',
  criteria jsonb,
  author_id bigint,
  -- when the first evaluation of all hosts was complete; null: members are still being found
  evaluated_at timestamptz,
  -- since when the software of its hosts is counted in label_* tables below; null: not counted (nobody asked yet)
  counted_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX labels_name ON labels (lower(name));

CREATE TABLE label_membership (
  host_id bigint NOT NULL,
  label_id bigint NOT NULL REFERENCES labels (id) ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (host_id, label_id)
);
CREATE INDEX label_membership_label_id ON label_membership (label_id, host_id);

-- Like software_counts and software_title_counts, within one label. Folded from the same ledger.
CREATE TABLE label_counts (
  label_id bigint PRIMARY KEY REFERENCES labels (id) ON DELETE CASCADE,
  hosts_count integer NOT NULL
) WITH (fillfactor = 70);

CREATE TABLE label_software_counts (
  label_id bigint NOT NULL,
  software_id bigint NOT NULL,
  source text NOT NULL,
  hosts_count integer NOT NULL,
  PRIMARY KEY (label_id, software_id)
) WITH (fillfactor = 70);
CREATE INDEX label_software_counts_hosts_count ON label_software_counts (label_id, hosts_count, software_id);

CREATE TABLE label_title_counts (
  label_id bigint NOT NULL,
  title_id bigint NOT NULL,
  source text NOT NULL,
  hosts_count integer NOT NULL,
  versions_count integer NOT NULL,
  PRIMARY KEY (label_id, title_id)
) WITH (fillfactor = 70);
CREATE INDEX label_title_counts_hosts_count ON label_title_counts (label_id, hosts_count, title_id);

-- label_ids: the counted labels that the host was in when it changed, to which the same changes apply.
-- only_labels: the host joined or left these labels; the fleet's own counts do not move.
-- labels_added, labels_removed: label ids whose number of hosts moves.
ALTER TABLE software_count_changes
  ADD COLUMN label_ids bigint[] NOT NULL DEFAULT '{}',
  ADD COLUMN only_labels boolean NOT NULL DEFAULT false,
  ADD COLUMN labels_added bigint[] NOT NULL DEFAULT '{}',
  ADD COLUMN labels_removed bigint[] NOT NULL DEFAULT '{}';

ALTER TABLE host_software ADD COLUMN installed_by text;
ALTER TABLE host_software_history ADD COLUMN installed_by text;
