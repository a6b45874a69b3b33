-- History that can be asked: installs as events, moments of the past by version, retention, counts by day, times of last opening.

-- When a source of a host was first reported in full. What came with that report is "first seen", not installed. Null: a source
-- that was recorded before this was kept.
ALTER TABLE host_software_sources ADD COLUMN first_reported_at timestamptz;

-- Ended links of a version that reach over a moment, and the question whether any is left of it.
DROP INDEX host_software_history_software;
CREATE INDEX host_software_history_software ON host_software_history (software_id, removed_at);
-- A renamed link keeps its beginning, so a moment before the rename must know that the new name was not there yet. Renames are rare.
CREATE INDEX host_software_history_renamed ON host_software_history (next_software_id, host_id) WHERE event = 'renamed';
-- Rows are appended in the order of removed_at: a few bytes per block range find those past retention.
CREATE INDEX host_software_history_removed_at ON host_software_history USING brin (removed_at)
  WITH (pages_per_range = 32, autosummarize = on);

-- How many hosts held a version at the end of a day (UTC), written only for days on which that differs from the day before.
-- No foreign key: the job that writes it (inventory/history/jobs.ts) deletes what belongs to software that is gone.
CREATE TABLE software_daily_counts (
  software_id bigint NOT NULL,
  day date NOT NULL,
  hosts_count integer NOT NULL,
  PRIMARY KEY (software_id, day)
);

-- Hosts that hold a title, by the day on which one of its versions was last opened there. Made anew by a job
-- (inventory/history/jobs.ts): an index on host_software.last_opened_at would cost every check-in of a device in use.
CREATE TABLE software_title_openings (
  title_id bigint NOT NULL,
  -- opened | never (its source tells openings on that host, and none of this) | unknown (its source does not tell)
  opening text NOT NULL,
  -- the day of the last opening (UTC); of the installation where it was never opened or nobody knows
  since date NOT NULL,
  hosts_count integer NOT NULL,
  PRIMARY KEY (title_id, opening, since)
);
