-- Lists that search, filter and sort by everything they show, and a cheaper search of versions.

-- A trigram index over every software's name and version was half the cost of inserting software. Names repeat with every version, so
-- the searchable names stand in a table of their own, once each, in lower case; versions are searched by their beginning. A row may outlive
-- the software that brought it: it then finds nothing, and `muster doctor --repair` takes it away.
CREATE TABLE software_names (
  name text PRIMARY KEY
);
CREATE INDEX software_names_search ON software_names USING gin (name gin_trgm_ops);

-- By trigger, so that no writer of software can forget it; ordered, so that two of them never wait for each other crosswise.
CREATE FUNCTION software_names_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO software_names (name) SELECT DISTINCT lower(a.name) FROM added a ORDER BY 1 ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER software_names_inserted AFTER INSERT ON software
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION software_names_keep();
CREATE TRIGGER software_names_updated AFTER UPDATE ON software
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION software_names_keep();
INSERT INTO software_names (name) SELECT DISTINCT lower(name) FROM software;
DROP INDEX software_search;

-- Collation "C" serves both the order and LIKE 'beginning%', whatever the database's own collation is.
CREATE INDEX software_version ON software ((lower(version) COLLATE "C"), id);
CREATE INDEX software_vendor ON software (lower(vendor), id);
CREATE INDEX software_created_at ON software (created_at, id);
CREATE INDEX software_titles_created_at ON software_titles (created_at, id);
