-- What people and VEX documents say of findings. Nothing is deleted: what is suppressed stays, with who, why and until when.

CREATE TABLE vulnerability_decisions (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('accepted_risk', 'false_positive')),
  vulnerability_id integer NOT NULL REFERENCES vulnerabilities,
  -- which software: one version, one operating system, all versions of a title; all three null: whatever has the vulnerability
  software_id integer,
  operating_system_id integer,
  software_title_id integer,
  -- on which hosts: one, those of a label; both null: everywhere. No keys: a decision outlives both
  host_id integer,
  label_id integer,
  reason text NOT NULL,
  author_id integer,
  author_full_name text,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  -- it ends by itself when EPSS reaches this, …
  reopen_epss real,
  -- … when the vulnerability becomes known to be exploited, …
  reopen_kev boolean NOT NULL DEFAULT true,
  -- … when its severity rises, …
  reopen_severity boolean NOT NULL DEFAULT false,
  -- … when a fix appears
  reopen_fix boolean NOT NULL DEFAULT false,
  -- what was so when it was made
  baseline json NOT NULL,
  -- names at the time, for what may be gone later
  names json NOT NULL,
  ended_at timestamptz,
  ended_reason text CHECK (ended_reason IN ('revoked', 'expired', 'epss', 'kev', 'severity', 'fix')),
  ended_by text,
  ended_note text,
  CHECK (num_nonnulls(software_id, operating_system_id, software_title_id) <= 1),
  CHECK (num_nonnulls(host_id, label_id) <= 1),
  CHECK ((ended_at IS NULL) = (ended_reason IS NULL))
);
CREATE INDEX vulnerability_decisions_vulnerability_id ON vulnerability_decisions (vulnerability_id, id);
CREATE INDEX vulnerability_decisions_active ON vulnerability_decisions (id) WHERE ended_at IS NULL;

CREATE TABLE vex_documents (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  format text NOT NULL CHECK (format IN ('openvex', 'csaf', 'cyclonedx')),
  -- the name it calls itself by; a later one of the same name replaces it
  document_id text NOT NULL,
  name text NOT NULL,
  author text NOT NULL,
  issued_at timestamptz NOT NULL,
  version text NOT NULL,
  sha256 bytea NOT NULL,
  statements_count integer NOT NULL,
  imported_by text,
  imported_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (format, document_id)
);

CREATE TABLE vex_statements (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  vex_document_id integer NOT NULL REFERENCES vex_documents ON DELETE CASCADE,
  -- every name that the statement gives the vulnerability
  vulnerabilities text[] NOT NULL,
  status text NOT NULL CHECK (status IN ('not_affected', 'affected', 'fixed', 'under_investigation', 'false_positive')),
  justification text,
  impact_statement text,
  action_statement text,
  -- array of VexProduct (src/domain/vulnerability/judgement/vex/statement.ts)
  products json NOT NULL,
  stated_at timestamptz NOT NULL
);
CREATE INDEX vex_statements_document ON vex_statements (vex_document_id);
CREATE INDEX vex_statements_vulnerabilities ON vex_statements USING gin (vulnerabilities);

-- The latest statement that speaks of a finding.
CREATE TABLE finding_vex_statements (
  subject_id integer NOT NULL,
  vulnerability_id integer NOT NULL,
  vex_statement_id bigint NOT NULL REFERENCES vex_statements ON DELETE CASCADE,
  PRIMARY KEY (subject_id, vulnerability_id),
  FOREIGN KEY (subject_id, vulnerability_id) REFERENCES findings ON DELETE CASCADE
);
CREATE INDEX finding_vex_statements_statement ON finding_vex_statements (vex_statement_id);

-- Decisions and VEX, resolved to the findings that they suppress. Rows that are past expires_at do not count.
CREATE TABLE suppressions (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  subject_id integer NOT NULL,
  vulnerability_id integer NOT NULL,
  decision_id integer REFERENCES vulnerability_decisions ON DELETE CASCADE,
  vex_statement_id bigint REFERENCES vex_statements ON DELETE CASCADE,
  kind text NOT NULL CHECK (kind IN ('accepted_risk', 'false_positive', 'vex')),
  -- both null: on every host
  host_id integer,
  label_id integer,
  expires_at timestamptz,
  FOREIGN KEY (subject_id, vulnerability_id) REFERENCES findings ON DELETE CASCADE,
  CHECK (num_nonnulls(decision_id, vex_statement_id) = 1),
  CHECK (num_nonnulls(host_id, label_id) <= 1)
);
CREATE UNIQUE INDEX suppressions_decision ON suppressions (subject_id, vulnerability_id, decision_id) WHERE decision_id IS NOT NULL;
CREATE UNIQUE INDEX suppressions_vex ON suppressions (subject_id, vulnerability_id) WHERE vex_statement_id IS NOT NULL;
CREATE INDEX suppressions_decision_id ON suppressions (decision_id) WHERE decision_id IS NOT NULL;
CREATE INDEX suppressions_vex_statement_id ON suppressions (vex_statement_id) WHERE vex_statement_id IS NOT NULL;

-- How long fixes took lately, by severity: from when a host had an open finding until it no longer held the software.
CREATE TABLE fix_times (
  severity text PRIMARY KEY,
  fixed_count integer NOT NULL,
  median_seconds double precision NOT NULL,
  counted_at timestamptz NOT NULL DEFAULT now()
);

-- Which update clears how much: made anew in the background when exposures changed, so that reading it costs a page.
CREATE TABLE fix_queue (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  os_scope_id integer NOT NULL,
  -- what is updated: a title, a source package, or an operating system by its name for feeds
  software_title_id integer,
  source_package text,
  operating_system text,
  name text NOT NULL,
  source text NOT NULL,
  -- the lowest version that clears all of them
  resolved_in_version text NOT NULL,
  -- sum over its findings of priority x hosts
  risk double precision NOT NULL,
  hosts_count integer NOT NULL,
  vulnerabilities_count integer NOT NULL,
  known_exploited_count integer NOT NULL,
  software_count integer NOT NULL,
  priority real NOT NULL,
  -- the ten with the highest priority
  cves text[] NOT NULL
);
CREATE INDEX fix_queue_risk ON fix_queue (risk, id);
