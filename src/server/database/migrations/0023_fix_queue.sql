-- The queue of updates at the cost of what changed: which vulnerabilities each update clears is kept, and counted anew one by one.

DROP TABLE fix_queue;

-- What can be updated: a title, the source package of a distribution, or an operating system, on one kind of host. Its id stays.
CREATE TABLE fix_queue (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  os_scope_id integer NOT NULL,
  source text NOT NULL,
  -- one of the three
  software_title_id integer,
  source_package text,
  operating_system text,
  -- its findings changed since the rest was counted
  stale boolean NOT NULL DEFAULT true,
  name text NOT NULL DEFAULT '',
  -- the lowest version that clears all of them
  resolved_in_version text NOT NULL DEFAULT '',
  -- sum over what it clears of priority x hosts
  risk double precision NOT NULL DEFAULT 0,
  -- zero: not counted yet
  hosts_count integer NOT NULL DEFAULT 0,
  vulnerabilities_count integer NOT NULL DEFAULT 0,
  known_exploited_count integer NOT NULL DEFAULT 0,
  software_count integer NOT NULL DEFAULT 0,
  priority real NOT NULL DEFAULT 0,
  -- the ten with the highest priority
  cves text[] NOT NULL DEFAULT '{}',
  CONSTRAINT fix_queue_what UNIQUE NULLS NOT DISTINCT (os_scope_id, source, software_title_id, source_package, operating_system),
  CHECK (num_nonnulls(software_title_id, source_package, operating_system) = 1)
);
CREATE INDEX fix_queue_risk ON fix_queue (risk, id);
CREATE INDEX fix_queue_stale ON fix_queue (id) WHERE stale;

-- What an update clears: one row for each vulnerability that some host has in it.
CREATE TABLE fix_findings (
  fix_id integer NOT NULL REFERENCES fix_queue ON DELETE CASCADE,
  vulnerability_id integer NOT NULL,
  -- subjects with the finding, ordered
  subjects integer[] NOT NULL,
  -- the fixes that they wait for, and how these are compared
  versions text[] NOT NULL,
  scheme text,
  -- distinct hosts
  hosts_count integer NOT NULL,
  -- something suppresses it on some hosts only
  partly boolean NOT NULL,
  PRIMARY KEY (fix_id, vulnerability_id)
);
CREATE INDEX fix_findings_vulnerability_id ON fix_findings (vulnerability_id);

-- Vulnerabilities whose exposure was counted anew, with repetitions. Append-only: whoever counts never waits for whoever takes.
CREATE TABLE fix_queue_changes (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  vulnerability_id integer NOT NULL
);
INSERT INTO fix_queue_changes (vulnerability_id) SELECT vulnerability_id FROM vulnerability_exposures ORDER BY 1;
