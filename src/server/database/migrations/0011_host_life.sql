-- The life of hosts (deletion in the background, expiry), what each host collects, and indexes of the lists of hosts.

-- Hosts that are gone: their rows, keys, labels and counts went when they were deleted; what is left of their links and history goes in
-- the background (inventory/remove-host-software.ts). No host has such an id any more, and none ever will.
CREATE TABLE host_deletions (
  host_id bigint PRIMARY KEY,
  deleted_at timestamptz NOT NULL DEFAULT now()
);

-- Which sources of software are collected, how often and within which limits. One row for the fleet (label_id null), and one for each
-- label that has settings of its own. Where a host's labels differ, the one with the smallest place decides.
CREATE TABLE collection_settings (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  label_id bigint UNIQUE REFERENCES labels (id) ON DELETE CASCADE,
  place integer NOT NULL,
  -- CollectionSettings of protocol/agent/messages.ts
  settings jsonb NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX collection_settings_fleet ON collection_settings ((true)) WHERE label_id IS NULL;

-- Orders of the list of hosts. `memory` and `osquery_version` change with hardware and updates only, unlike software_updated_at and
-- seen_time, which have no index on purpose (0002) and are ordered by reading one narrow column of each host.
CREATE INDEX hosts_memory ON hosts (memory, id);
CREATE INDEX hosts_osquery_version ON hosts (osquery_version, id);
