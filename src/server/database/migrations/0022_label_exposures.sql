-- A label's own exposure, for lists within labels that somebody asks for: counted as of a moment, in one transaction.
CREATE TABLE label_exposures (
  label_id integer NOT NULL REFERENCES labels ON DELETE CASCADE,
  vulnerability_id integer NOT NULL,
  hosts_count integer NOT NULL,
  suppressed_hosts_count integer NOT NULL,
  PRIMARY KEY (label_id, vulnerability_id)
);
CREATE TABLE label_exposure_counts (
  label_id integer PRIMARY KEY REFERENCES labels ON DELETE CASCADE,
  asked_at timestamptz NOT NULL DEFAULT now(),
  -- null: never counted
  counted_at timestamptz,
  -- how long that took: what takes long is counted less often
  took_ms integer NOT NULL DEFAULT 0
);

-- what lists of software order by
ALTER TABLE software_exposures ADD COLUMN epss_max real;
ALTER TABLE software_exposures ADD COLUMN cve_published_max timestamptz;
-- ids by their beginnings, whatever the database's order of letters
CREATE INDEX vulnerabilities_cve_begins ON vulnerabilities (cve COLLATE "C");
