-- What parsers leave out, since when nothing needs a part, and what is wrong with the configured directory of feeds.
ALTER TABLE feed_parts
  -- [{kind: 'record' | 'range', why, count}]: what gave nothing, and why, most frequent first
  ADD COLUMN left_out json NOT NULL DEFAULT '[]',
  -- since when nothing of the fleet needs it; its records are removed some time later
  ADD COLUMN unwanted_at timestamptz;
UPDATE feed_parts SET unwanted_at = now() WHERE NOT wanted;

-- files and folders of MUSTER_FEEDS_DIR that cannot be read, as they were found last
CREATE TABLE feed_directory_problems (
  path text PRIMARY KEY,
  error text NOT NULL,
  found_at timestamptz NOT NULL DEFAULT now()
);

-- an upload that gets no more pieces is given up
ALTER TABLE feed_imports ADD COLUMN touched_at timestamptz NOT NULL DEFAULT now();
