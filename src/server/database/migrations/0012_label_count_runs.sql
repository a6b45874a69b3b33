-- Counting the software of a large label from a snapshot, while check-ins go on (docs/adr/0009-counting-a-label.md).

-- A label whose software is to be counted or is being counted, from the moment somebody asked until its counts are complete. What is
-- stored of it in label_software_counts and label_title_counts meanwhile is not to be shown.
CREATE TABLE label_count_runs (
  label_id bigint PRIMARY KEY REFERENCES labels (id) ON DELETE CASCADE,
  started_at timestamptz NOT NULL DEFAULT now(),
  members integer NOT NULL DEFAULT 0,
  -- members whose software is summed up
  counted integer NOT NULL DEFAULT 0,
  -- the moment that is summed up: ledger rows that it contains are not added once more; null: not chosen yet, all ledger rows are left out
  snapshot pg_snapshot,
  -- titles whose software changed after that moment: counted anew when that happened
  moved_titles bigint[] NOT NULL DEFAULT '{}'
);

-- The transaction that a ledger row and the links it speaks of were written by: whether a snapshot contains it.
ALTER TABLE software_count_changes ADD COLUMN xid xid8 NOT NULL DEFAULT pg_current_xact_id();

-- A title within a label that is being counted may have no hosts for a moment, but versions: such a row stays.
DROP INDEX label_title_counts_zero;
CREATE INDEX label_title_counts_zero ON label_title_counts (label_id) WHERE hosts_count = 0 AND versions_count = 0;
