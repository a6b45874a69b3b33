-- Titles: an administrator's corrections, and how names are derived (decision 0006).

-- One row. title_epoch moves whenever software changes its title or its key: what was planned at another epoch starts over.
CREATE TABLE catalogue_state (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  title_epoch bigint NOT NULL DEFAULT 1
);
INSERT INTO catalogue_state DEFAULT VALUES;

-- Takes the lock that a sweep or a correction holds exclusively, for the rest of the transaction, and then reads the epoch. Volatile,
-- so that it sees what was committed while it waited; one round trip instead of two.
CREATE FUNCTION catalogue_lock_share() RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(7302);
  RETURN (SELECT title_epoch FROM catalogue_state);
END
$$;

-- derived_name: what the rules call the title, where an administrator gave it another `name`; else null.
-- merged_into: the title that took over all its software, what comes later included.
ALTER TABLE software_titles
  ADD COLUMN derived_name text,
  ADD COLUMN merged_into bigint;
CREATE INDEX software_titles_merged_into ON software_titles (merged_into) WHERE merged_into IS NOT NULL;

-- The version of the rules (src/domain/software/derivation) that name and title were derived with.
ALTER TABLE software ADD COLUMN derivation_version integer NOT NULL DEFAULT 1;
-- Only what is outdated, so that inserting software costs no index entry; a later version brings an index of its own.
CREATE INDEX software_derived_before_2 ON software (id) WHERE derivation_version < 2;
-- ... and that a host's rows of a source were: a report by older rules renames nothing.
ALTER TABLE host_software_sources ADD COLUMN derivation_version integer NOT NULL DEFAULT 1;

-- Keys that software had under earlier rules: reports that still use them mean that software. superseded_by: the row itself is
-- another's now; its links are being moved (rederive-catalogue.ts). No foreign keys: the sweep deletes aliases with their software.
CREATE TABLE software_aliases (
  checksum bytea PRIMARY KEY CHECK (length(checksum) = 16),
  software_id bigint NOT NULL
);
CREATE INDEX software_aliases_software_id ON software_aliases (software_id);
ALTER TABLE software ADD COLUMN superseded_by bigint;
CREATE INDEX software_superseded_by ON software (superseded_by) WHERE superseded_by IS NOT NULL;

-- Corrections of titles; `details` says what was asked, `undo` what to put back.
CREATE TABLE title_corrections (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  created_at timestamptz NOT NULL DEFAULT now(),
  -- merge | split | rename
  type text NOT NULL,
  details jsonb NOT NULL,
  undo jsonb NOT NULL,
  -- every title it touches; kept by the sweep for as long as the correction stands
  title_ids bigint[] NOT NULL,
  hosts_count integer NOT NULL,
  actor_id bigint,
  actor_full_name text,
  undone_at timestamptz,
  undone_by text
);

-- What a split takes out of a title, now and later. A condition that is null asks nothing.
CREATE TABLE title_splits (
  correction_id bigint PRIMARY KEY REFERENCES title_corrections (id) ON DELETE CASCADE,
  title_id bigint NOT NULL,
  target_id bigint NOT NULL,
  name_starts_with text,
  version_starts_with text,
  vendor text
);
CREATE INDEX title_splits_title_id ON title_splits (title_id);
