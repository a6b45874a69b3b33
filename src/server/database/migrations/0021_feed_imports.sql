-- How the last load of a part went, and what people bring by hand for servers without the internet.
ALTER TABLE feed_parts
  -- where the records came from
  ADD COLUMN origin text CHECK (origin IN ('publisher', 'directory', 'import')),
  -- records of the last load that were left out because they are malformed, and one of them with the reason
  ADD COLUMN bad_records_count integer NOT NULL DEFAULT 0,
  ADD COLUMN bad_record text,
  -- an administrator said that the next load may be much smaller
  ADD COLUMN accept_shrink boolean NOT NULL DEFAULT false;

CREATE TABLE feed_imports (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  file_name text NOT NULL,
  bytes bigint NOT NULL,
  sha256 text NOT NULL,
  state text NOT NULL DEFAULT 'uploading' CHECK (state IN ('uploading', 'waiting', 'loading', 'done', 'failed')),
  error text,
  progress json,
  -- [{feed, part, records, error}]
  parts json NOT NULL DEFAULT '[]',
  created_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz
);

-- pieces of an import until it is loaded: any process of the server may have received one
CREATE TABLE feed_import_chunks (
  import_id integer NOT NULL REFERENCES feed_imports ON DELETE CASCADE,
  number integer NOT NULL,
  content bytea NOT NULL,
  PRIMARY KEY (import_id, number)
);
ALTER TABLE feed_import_chunks ALTER COLUMN content SET STORAGE EXTERNAL;

-- which sources of software the fleet has, without reading the fleet
CREATE INDEX software_source ON software (source);
