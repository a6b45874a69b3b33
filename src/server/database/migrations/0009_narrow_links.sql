-- host_software is nearly all of a database: 4-byte ids and a better order of its columns make it a fifth smaller (decision 0007).
-- Ids of hosts, software and facts stay far below 2^31; a larger one is an error here, never a wrong row.
--
-- Written anew as a whole: about a minute for each 5 million links, during which check-ins that bring changes wait.

ALTER TABLE host_software RENAME TO host_software_wide;
ALTER TABLE host_software_wide RENAME CONSTRAINT host_software_pkey TO host_software_wide_pkey;
ALTER INDEX host_software_software_id RENAME TO host_software_wide_software_id;

CREATE TABLE host_software (
  created_at timestamptz NOT NULL DEFAULT now(),
  last_opened_at timestamptz,
  host_id integer NOT NULL,
  software_id integer NOT NULL,
  facts_id integer,
  installed_paths text[],
  -- json, not jsonb: read back exactly as written, so that comparison is by text
  signature_information json,
  installed_by text
) PARTITION BY HASH (host_id);

DO $$
BEGIN
  FOR i IN 0..15 LOOP
    EXECUTE format('ALTER TABLE host_software_p%s RENAME TO host_software_wide_p%s', i, i);
    EXECUTE format('CREATE TABLE host_software_p%s PARTITION OF host_software FOR VALUES WITH (MODULUS 16, REMAINDER %s)', i, i);
  END LOOP;
END $$;

-- in the order of the new primary key, so that its index is written once from front to back
INSERT INTO host_software (created_at, last_opened_at, host_id, software_id, facts_id, installed_paths, signature_information, installed_by)
SELECT created_at, last_opened_at, host_id, software_id, facts_id, installed_paths, signature_information, installed_by
FROM host_software_wide ORDER BY host_id, software_id;
DROP TABLE host_software_wide;

ALTER TABLE host_software ADD CONSTRAINT host_software_pkey PRIMARY KEY (host_id, software_id);
CREATE INDEX host_software_software_id ON host_software (software_id, host_id);

-- Links are made without looking whether their software still exists: whoever deletes software holds the catalogue (sweeps) and
-- moves its epoch, which every plan compares under the same lock. By trigger, so that none can forget it.
CREATE FUNCTION catalogue_epoch_advance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE catalogue_state SET title_epoch = title_epoch + 1;
  RETURN NULL;
END $$;
CREATE FUNCTION catalogue_software_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE catalogue_state SET title_epoch = title_epoch + 1 WHERE EXISTS (SELECT FROM gone);
  RETURN NULL;
END $$;
CREATE TRIGGER software_deleted AFTER DELETE ON software
  REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION catalogue_software_gone();
CREATE TRIGGER software_truncated AFTER TRUNCATE ON software FOR EACH STATEMENT EXECUTE FUNCTION catalogue_epoch_advance();

-- The same guards titles: software is inserted only at the epoch at which its title was found, and a title goes only with its last software.
-- A foreign key would lock and log a title's row for every new software of it: a fifth of what inserting software costs.
ALTER TABLE software DROP CONSTRAINT software_title_id_fkey;
