-- The schema that migrations/ lead to. Made by `npm run generate`; change it by adding a migration.

CREATE EXTENSION pg_trgm;

CREATE OR REPLACE FUNCTION public.catalogue_epoch_advance()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  UPDATE catalogue_state SET title_epoch = title_epoch + 1;
  RETURN NULL;
END $function$
;

CREATE OR REPLACE FUNCTION public.catalogue_lock_share()
 RETURNS bigint
 LANGUAGE plpgsql
AS $function$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(7302);
  RETURN (SELECT title_epoch FROM catalogue_state);
END
$function$
;

CREATE OR REPLACE FUNCTION public.catalogue_software_gone()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  UPDATE catalogue_state SET title_epoch = title_epoch + 1 WHERE EXISTS (SELECT FROM gone);
  RETURN NULL;
END $function$
;

CREATE OR REPLACE FUNCTION public.count_changes_append(host bigint, software_added bigint[], software_removed bigint[], titles_added bigint[], titles_removed bigint[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
BEGIN
  -- labels whose criteria mention software look at the host again
  IF EXISTS (SELECT FROM labels l WHERE 'software' = ANY (l.criteria_fields)) THEN
    INSERT INTO label_host_changes (host_id, fields) VALUES (host, '{software}');
  END IF;
  INSERT INTO software_count_changes (host_id, software_added, software_removed, titles_added, titles_removed, label_ids)
  VALUES (host, count_changes_append.software_added, count_changes_append.software_removed, count_changes_append.titles_added,
    count_changes_append.titles_removed, ARRAY(SELECT m.label_id FROM label_membership m WHERE m.host_id = host AND m.counted));
END $function$
;

CREATE OR REPLACE FUNCTION public.label_members_note()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  -- appended, never looked for: a check-in must wait for nobody who counts
  INSERT INTO label_member_changes (label_id) SELECT DISTINCT label_id FROM changed;
  RETURN NULL;
END $function$
;

CREATE OR REPLACE FUNCTION public.link_host(host integer, planned_sequence bigint, planned_epoch bigint, ended_software integer[], ended_title bigint[], ended_event text[], ended_next bigint[], software integer[], facts integer[], opened double precision[], since double precision[], paths text[], signatures text[], by_whom text[], updates json, events json, titles_added bigint[], titles_removed bigint[], sources json)
 RETURNS TABLE(software_sequence bigint, title_epoch bigint)
 LANGUAGE plpgsql
AS $function$
DECLARE
  ended integer := 0;
BEGIN
  SELECT h.software_sequence INTO link_host.software_sequence FROM hosts h WHERE h.id = host FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  link_host.title_epoch := catalogue_lock_share();
  RETURN NEXT;
  IF link_host.software_sequence <> planned_sequence OR link_host.title_epoch <> planned_epoch THEN
    RETURN;
  END IF;
  IF ended_software IS NOT NULL THEN
    WITH unlinked AS (
      DELETE FROM host_software hs USING unnest(ended_software, ended_title, ended_event, ended_next) e (software_id, title_id, event, next_id)
      WHERE hs.host_id = host AND hs.software_id = e.software_id
      RETURNING hs.software_id, hs.created_at, hs.installed_by, e.title_id, e.event, e.next_id
    )
    INSERT INTO host_software_history (host_id, software_id, title_id, installed_at, event, next_software_id, installed_by)
    SELECT host, u.software_id, u.title_id, u.created_at, u.event, u.next_id, u.installed_by FROM unlinked u;
    GET DIAGNOSTICS ended = ROW_COUNT;
    IF ended <> cardinality(ended_software) THEN
      RAISE EXCEPTION 'host %: % of % links found', host, ended, cardinality(ended_software) USING ERRCODE = 'serialization_failure';
    END IF;
  END IF;
  IF software IS NOT NULL THEN
    INSERT INTO host_software (host_id, software_id, facts_id, last_opened_at, created_at, installed_paths, signature_information, installed_by)
    SELECT host, r.software_id, r.facts_id, to_timestamp(r.opened), coalesce(to_timestamp(r.since), now()), r.paths::text[],
      r.signatures::json, r.installed_by
    FROM unnest(software, facts, opened, since, paths, signatures, by_whom) r (software_id, facts_id, opened, since, paths, signatures, installed_by);
  END IF;
  IF updates IS NOT NULL THEN
    INSERT INTO subject_changes (host_id, software_added)
    SELECT host, array_agg(hs.software_id)
    FROM json_to_recordset(updates) r (software_id integer, facts_id integer)
      JOIN host_software hs ON hs.host_id = host AND hs.software_id = r.software_id
    WHERE hs.facts_id IS DISTINCT FROM r.facts_id
    HAVING count(*) > 0;
    UPDATE host_software hs
    SET facts_id = r.facts_id, last_opened_at = to_timestamp(r.opened), installed_paths = r.paths, signature_information = r.signatures,
      installed_by = r.installed_by
    FROM json_to_recordset(updates) r (software_id integer, facts_id integer, opened double precision, paths text[], signatures json,
      installed_by text)
    WHERE hs.host_id = host AND hs.software_id = r.software_id;
  END IF;
  IF events IS NOT NULL THEN
    INSERT INTO host_software_history (host_id, software_id, title_id, installed_at, removed_at, event, next_software_id, installed_by)
    SELECT host, r.software_id, r.title_id, now(), now(), r.event, r.next, r.by
    FROM json_to_recordset(events) r (software_id bigint, title_id bigint, event text, next bigint, by text);
  END IF;
  IF software IS NOT NULL OR ended > 0 OR titles_added IS NOT NULL OR titles_removed IS NOT NULL THEN
    PERFORM count_changes_append(host, coalesce(software, '{}')::bigint[], coalesce(ended_software, '{}')::bigint[],
      coalesce(titles_added, '{}'), coalesce(titles_removed, '{}'));
  END IF;
  INSERT INTO host_software_sources AS s (host_id, source, digest, rows_count, error, first_reported_at, derivation_version)
  SELECT host, r.source, coalesce(decode(r.digest, 'hex'), ''), coalesce(r.rows_count, 0), r.error,
    CASE WHEN r.digest IS NOT NULL THEN now() END, r.version
  FROM json_to_recordset(sources) r (source text, digest text, rows_count integer, error text, version integer)
  ON CONFLICT (host_id, source) DO UPDATE SET
    digest = CASE WHEN EXCLUDED.digest = '' THEN s.digest ELSE EXCLUDED.digest END,
    rows_count = CASE WHEN EXCLUDED.digest = '' THEN s.rows_count ELSE EXCLUDED.rows_count END,
    updated_at = CASE WHEN EXCLUDED.digest = '' THEN s.updated_at ELSE now() END,
    first_reported_at = CASE WHEN s.digest = '' THEN EXCLUDED.first_reported_at ELSE s.first_reported_at END,
    derivation_version = greatest(s.derivation_version, EXCLUDED.derivation_version),
    error = EXCLUDED.error;
  UPDATE hosts h
  SET software_sequence = h.software_sequence + 1, software_count = software_count + coalesce(cardinality(software), 0) - ended,
    software_updated_at = now()
  WHERE h.id = host;
END $function$
;

CREATE OR REPLACE FUNCTION public.software_names_keep()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  INSERT INTO software_names (name) SELECT DISTINCT lower(a.name) FROM added a ORDER BY 1 ON CONFLICT DO NOTHING;
  RETURN NULL;
END $function$
;

CREATE TABLE activities (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  type text NOT NULL,
  actor_id bigint,
  actor_full_name text,
  actor_email text,
  actor_api_only boolean,
  details jsonb DEFAULT '{}'::jsonb NOT NULL,
  CONSTRAINT activities_pkey PRIMARY KEY (id)
);
CREATE INDEX activities_created_at ON public.activities USING btree (created_at, id);
CREATE INDEX activities_host_id ON public.activities USING btree ((((details ->> 'host_id'::text))::bigint), id) WHERE (details ? 'host_id'::text);
CREATE INDEX activities_type ON public.activities USING btree (type, id);

CREATE TABLE affected_packages (
  record_id bigint NOT NULL,
  ecosystem text NOT NULL,
  package text NOT NULL,
  ranges json NOT NULL,
  CONSTRAINT affected_packages_record_id_fkey FOREIGN KEY (record_id) REFERENCES feed_records(id) ON DELETE CASCADE
);
CREATE INDEX affected_packages_package ON public.affected_packages USING btree (ecosystem, package);
CREATE INDEX affected_packages_record_id ON public.affected_packages USING btree (record_id);

CREATE TABLE catalogue_state (
  only_row boolean DEFAULT true NOT NULL,
  title_epoch bigint DEFAULT 1 NOT NULL,
  matching_rules integer DEFAULT 0 NOT NULL,
  CONSTRAINT catalogue_state_pkey PRIMARY KEY (only_row),
  CONSTRAINT catalogue_state_only_row_check CHECK (only_row)
);

CREATE TABLE closed_exposures (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  vulnerability_id integer NOT NULL,
  severity text NOT NULL,
  kev boolean NOT NULL,
  first_seen timestamp with time zone NOT NULL,
  closed_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT closed_exposures_pkey PRIMARY KEY (id),
  CONSTRAINT closed_exposures_vulnerability_id_fkey FOREIGN KEY (vulnerability_id) REFERENCES vulnerabilities(id)
);
CREATE INDEX closed_exposures_closed_at ON public.closed_exposures USING btree (closed_at);
CREATE INDEX closed_exposures_vulnerability_id ON public.closed_exposures USING btree (vulnerability_id, closed_at);

CREATE TABLE closed_findings (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  vulnerability_id integer NOT NULL,
  software_id integer,
  operating_system_id integer,
  os_scope_id integer NOT NULL,
  opened_at timestamp with time zone NOT NULL,
  closed_at timestamp with time zone DEFAULT now() NOT NULL,
  reason text NOT NULL,
  CONSTRAINT closed_findings_pkey PRIMARY KEY (id),
  CONSTRAINT closed_findings_vulnerability_id_fkey FOREIGN KEY (vulnerability_id) REFERENCES vulnerabilities(id),
  CONSTRAINT closed_findings_reason_check CHECK ((reason = ANY (ARRAY['removed'::text, 'feed'::text, 'identity'::text])))
);
CREATE INDEX closed_findings_software_id ON public.closed_findings USING btree (software_id);
CREATE INDEX closed_findings_vulnerability_id ON public.closed_findings USING btree (vulnerability_id, closed_at);

CREATE TABLE collection_settings (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  label_id bigint,
  place integer NOT NULL,
  settings jsonb NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT collection_settings_label_id_key UNIQUE (label_id),
  CONSTRAINT collection_settings_pkey PRIMARY KEY (id),
  CONSTRAINT collection_settings_label_id_fkey FOREIGN KEY (label_id) REFERENCES labels(id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX collection_settings_fleet ON public.collection_settings USING btree ((true)) WHERE (label_id IS NULL);

CREATE TABLE enroll_secrets (
  secret text NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT enroll_secrets_pkey PRIMARY KEY (secret)
);

CREATE TABLE epss_scores (
  cve text NOT NULL,
  epss real NOT NULL,
  percentile real,
  CONSTRAINT epss_scores_pkey PRIMARY KEY (cve)
);

CREATE TABLE exposure_days (
  day date NOT NULL,
  critical integer NOT NULL,
  high integer NOT NULL,
  medium integer NOT NULL,
  low integer NOT NULL,
  unknown integer NOT NULL,
  exploited integer NOT NULL,
  hosts_count integer NOT NULL,
  noted_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT exposure_days_pkey PRIMARY KEY (day)
);

CREATE TABLE exposure_queue (
  vulnerability_id integer NOT NULL,
  queued_at timestamp with time zone DEFAULT now() NOT NULL,
  hosts_only boolean DEFAULT false NOT NULL,
  CONSTRAINT exposure_queue_pkey PRIMARY KEY (vulnerability_id)
);

CREATE TABLE feed_directory_problems (
  path text NOT NULL,
  error text NOT NULL,
  found_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT feed_directory_problems_pkey PRIMARY KEY (path)
);

CREATE TABLE feed_import_chunks (
  import_id integer NOT NULL,
  number integer NOT NULL,
  content bytea NOT NULL,
  CONSTRAINT feed_import_chunks_pkey PRIMARY KEY (import_id, number),
  CONSTRAINT feed_import_chunks_import_id_fkey FOREIGN KEY (import_id) REFERENCES feed_imports(id) ON DELETE CASCADE
);

CREATE TABLE feed_imports (
  id integer GENERATED ALWAYS AS IDENTITY NOT NULL,
  file_name text NOT NULL,
  bytes bigint NOT NULL,
  sha256 text NOT NULL,
  state text DEFAULT 'uploading'::text NOT NULL,
  error text,
  progress json,
  parts json DEFAULT '[]'::json NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  finished_at timestamp with time zone,
  touched_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT feed_imports_pkey PRIMARY KEY (id),
  CONSTRAINT feed_imports_state_check CHECK ((state = ANY (ARRAY['uploading'::text, 'waiting'::text, 'loading'::text, 'done'::text, 'failed'::text])))
);

CREATE TABLE feed_parts (
  id integer GENERATED ALWAYS AS IDENTITY NOT NULL,
  feed text NOT NULL,
  part text NOT NULL,
  wanted boolean DEFAULT true NOT NULL,
  state text DEFAULT 'waiting'::text NOT NULL,
  generation integer DEFAULT 0 NOT NULL,
  etag text,
  last_modified text,
  content_sha256 text,
  cursor json,
  progress json,
  records_count integer DEFAULT 0 NOT NULL,
  bytes bigint DEFAULT 0 NOT NULL,
  data_as_of timestamp with time zone,
  attempted_at timestamp with time zone,
  succeeded_at timestamp with time zone,
  changed_at timestamp with time zone,
  next_attempt_at timestamp with time zone,
  failures integer DEFAULT 0 NOT NULL,
  error text,
  origin text,
  bad_records_count integer DEFAULT 0 NOT NULL,
  bad_record text,
  accept_shrink boolean DEFAULT false NOT NULL,
  left_out json DEFAULT '[]'::json NOT NULL,
  unwanted_at timestamp with time zone,
  CONSTRAINT feed_parts_feed_part_key UNIQUE (feed, part),
  CONSTRAINT feed_parts_pkey PRIMARY KEY (id),
  CONSTRAINT feed_parts_origin_check CHECK ((origin = ANY (ARRAY['publisher'::text, 'directory'::text, 'import'::text]))),
  CONSTRAINT feed_parts_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'loading'::text, 'ok'::text, 'failed'::text])))
);

CREATE TABLE feed_records (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  part_id integer NOT NULL,
  name text NOT NULL,
  digest bytea NOT NULL,
  vulnerabilities text[] NOT NULL,
  facts json,
  CONSTRAINT feed_records_part_id_name_key UNIQUE (part_id, name),
  CONSTRAINT feed_records_pkey PRIMARY KEY (id),
  CONSTRAINT feed_records_part_id_fkey FOREIGN KEY (part_id) REFERENCES feed_parts(id) ON DELETE CASCADE,
  CONSTRAINT feed_records_digest_check CHECK ((length(digest) = 16))
);
CREATE INDEX feed_records_rejected ON public.feed_records USING btree (name) WHERE ((facts ->> 'rejected'::text) = 'true'::text);
CREATE INDEX feed_records_vulnerabilities ON public.feed_records USING gin (vulnerabilities);

CREATE TABLE finding_events (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  subject_id integer NOT NULL,
  vulnerability_id integer NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  before json,
  CONSTRAINT finding_events_pkey PRIMARY KEY (id)
);

CREATE TABLE finding_vex_statements (
  subject_id integer NOT NULL,
  vulnerability_id integer NOT NULL,
  vex_statement_id bigint NOT NULL,
  CONSTRAINT finding_vex_statements_pkey PRIMARY KEY (subject_id, vulnerability_id),
  CONSTRAINT finding_vex_statements_subject_id_vulnerability_id_fkey FOREIGN KEY (subject_id, vulnerability_id) REFERENCES findings(subject_id, vulnerability_id) ON DELETE CASCADE,
  CONSTRAINT finding_vex_statements_vex_statement_id_fkey FOREIGN KEY (vex_statement_id) REFERENCES vex_statements(id) ON DELETE CASCADE
);
CREATE INDEX finding_vex_statements_statement ON public.finding_vex_statements USING btree (vex_statement_id);

CREATE TABLE findings (
  subject_id integer NOT NULL,
  vulnerability_id integer NOT NULL,
  state text NOT NULL,
  resolved_in_version text,
  channel text,
  confidence text NOT NULL,
  suppressed text,
  record_id bigint NOT NULL,
  range_index integer NOT NULL,
  opened_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT findings_pkey PRIMARY KEY (subject_id, vulnerability_id),
  CONSTRAINT findings_subject_id_fkey FOREIGN KEY (subject_id) REFERENCES match_subjects(id) ON DELETE CASCADE,
  CONSTRAINT findings_vulnerability_id_fkey FOREIGN KEY (vulnerability_id) REFERENCES vulnerabilities(id),
  CONSTRAINT findings_state_check CHECK ((state = ANY (ARRAY['affected'::text, 'unfixed'::text, 'will_not_fix'::text, 'deferred'::text, 'possible'::text])))
);
CREATE INDEX findings_vulnerability_id ON public.findings USING btree (vulnerability_id, subject_id);

CREATE TABLE fix_findings (
  fix_id integer NOT NULL,
  vulnerability_id integer NOT NULL,
  subjects integer[] NOT NULL,
  versions text[] NOT NULL,
  scheme text,
  hosts_count integer NOT NULL,
  partly boolean NOT NULL,
  CONSTRAINT fix_findings_pkey PRIMARY KEY (fix_id, vulnerability_id),
  CONSTRAINT fix_findings_fix_id_fkey FOREIGN KEY (fix_id) REFERENCES fix_queue(id) ON DELETE CASCADE
);
CREATE INDEX fix_findings_vulnerability_id ON public.fix_findings USING btree (vulnerability_id);

CREATE TABLE fix_queue (
  id integer GENERATED ALWAYS AS IDENTITY NOT NULL,
  os_scope_id integer NOT NULL,
  source text NOT NULL,
  software_title_id integer,
  source_package text,
  operating_system text,
  stale boolean DEFAULT true NOT NULL,
  name text DEFAULT ''::text NOT NULL,
  resolved_in_version text DEFAULT ''::text NOT NULL,
  risk double precision DEFAULT 0 NOT NULL,
  hosts_count integer DEFAULT 0 NOT NULL,
  vulnerabilities_count integer DEFAULT 0 NOT NULL,
  known_exploited_count integer DEFAULT 0 NOT NULL,
  software_count integer DEFAULT 0 NOT NULL,
  priority real DEFAULT 0 NOT NULL,
  cves text[] DEFAULT '{}'::text[] NOT NULL,
  recount boolean DEFAULT true NOT NULL,
  queued_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT fix_queue_what UNIQUE NULLS NOT DISTINCT (os_scope_id, source, software_title_id, source_package, operating_system),
  CONSTRAINT fix_queue_pkey PRIMARY KEY (id),
  CONSTRAINT fix_queue_check CHECK ((num_nonnulls(software_title_id, source_package, operating_system) = 1))
);
CREATE INDEX fix_queue_risk ON public.fix_queue USING btree (risk, id);
CREATE INDEX fix_queue_stale ON public.fix_queue USING btree (queued_at, id) WHERE stale;

CREATE TABLE fix_queue_changes (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  vulnerability_id integer NOT NULL,
  hosts boolean DEFAULT true NOT NULL,
  CONSTRAINT fix_queue_changes_pkey PRIMARY KEY (id)
);

CREATE TABLE fix_subjects (
  subject_id integer NOT NULL,
  fix_id integer NOT NULL,
  CONSTRAINT fix_subjects_pkey PRIMARY KEY (subject_id),
  CONSTRAINT fix_subjects_fix_id_fkey FOREIGN KEY (fix_id) REFERENCES fix_queue(id) ON DELETE CASCADE
);
CREATE INDEX fix_subjects_fix ON public.fix_subjects USING btree (fix_id);

CREATE TABLE fix_time_days (
  day date NOT NULL,
  severity text NOT NULL,
  hours integer NOT NULL,
  fixed_count integer NOT NULL,
  CONSTRAINT fix_time_days_pkey PRIMARY KEY (day, severity, hours)
);

CREATE TABLE fix_time_days_counted (
  day date NOT NULL,
  counted_at timestamp with time zone NOT NULL,
  CONSTRAINT fix_time_days_counted_pkey PRIMARY KEY (day)
);

CREATE TABLE fix_times (
  severity text NOT NULL,
  fixed_count integer NOT NULL,
  median_seconds double precision NOT NULL,
  counted_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT fix_times_pkey PRIMARY KEY (severity)
);

CREATE TABLE host_deletions (
  host_id bigint NOT NULL,
  deleted_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT host_deletions_pkey PRIMARY KEY (host_id)
);

CREATE TABLE host_enrollments (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  host_id bigint NOT NULL,
  agent text NOT NULL,
  identifier text NOT NULL,
  node_key_hash bytea NOT NULL,
  agent_version text DEFAULT ''::text NOT NULL,
  enrolled_at timestamp with time zone DEFAULT now() NOT NULL,
  hardware jsonb DEFAULT '{}'::jsonb NOT NULL,
  reported_at timestamp with time zone,
  refetch_sources text[],
  key_replaced_at timestamp with time zone[] DEFAULT '{}'::timestamp with time zone[] NOT NULL,
  former_marks text[] DEFAULT '{}'::text[] NOT NULL,
  conflict_reported_at timestamp with time zone,
  CONSTRAINT host_enrollments_agent_identifier_key UNIQUE (agent, identifier),
  CONSTRAINT host_enrollments_node_key_hash_key UNIQUE (node_key_hash),
  CONSTRAINT host_enrollments_pkey PRIMARY KEY (id),
  CONSTRAINT host_enrollments_host_id_fkey FOREIGN KEY (host_id) REFERENCES hosts(id) ON DELETE CASCADE
) WITH (fillfactor=80);
CREATE INDEX host_enrollments_host_id ON public.host_enrollments USING btree (host_id);

CREATE TABLE host_seen_times (
  host_id bigint NOT NULL,
  seen_time timestamp with time zone NOT NULL,
  reported_at timestamp with time zone,
  CONSTRAINT host_seen_times_pkey PRIMARY KEY (host_id),
  CONSTRAINT host_seen_times_host_id_fkey FOREIGN KEY (host_id) REFERENCES hosts(id) ON DELETE CASCADE
) WITH (fillfactor=50);

CREATE TABLE host_software (
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  last_opened_at timestamp with time zone,
  host_id integer NOT NULL,
  software_id integer NOT NULL,
  facts_id integer,
  installed_paths text[],
  signature_information json,
  installed_by text,
  CONSTRAINT host_software_pkey PRIMARY KEY (host_id, software_id)
) PARTITION BY HASH (host_id) -- 16 partitions;
CREATE INDEX host_software_software_id ON ONLY public.host_software USING btree (software_id, host_id);

CREATE TABLE host_software_history (
  host_id bigint NOT NULL,
  software_id bigint NOT NULL,
  title_id bigint NOT NULL,
  installed_at timestamp with time zone NOT NULL,
  removed_at timestamp with time zone DEFAULT now() NOT NULL,
  event text NOT NULL,
  next_software_id bigint,
  installed_by text
) PARTITION BY HASH (host_id) -- 16 partitions;
CREATE INDEX host_software_history_host ON ONLY public.host_software_history USING btree (host_id, removed_at DESC);
CREATE INDEX host_software_history_removed_at ON ONLY public.host_software_history USING brin (removed_at) WITH (pages_per_range='32', autosummarize='on');
CREATE INDEX host_software_history_renamed ON ONLY public.host_software_history USING btree (next_software_id, host_id) WHERE (event = 'renamed'::text);
CREATE INDEX host_software_history_software ON ONLY public.host_software_history USING btree (software_id, removed_at);
CREATE INDEX host_software_history_title ON ONLY public.host_software_history USING btree (title_id, removed_at DESC);

CREATE TABLE host_software_sources (
  host_id bigint NOT NULL,
  source text NOT NULL,
  digest bytea NOT NULL,
  rows_count integer DEFAULT 0 NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  error text,
  derivation_version integer DEFAULT 1 NOT NULL,
  first_reported_at timestamp with time zone,
  CONSTRAINT host_software_sources_pkey PRIMARY KEY (host_id, source),
  CONSTRAINT host_software_sources_host_id_fkey FOREIGN KEY (host_id) REFERENCES hosts(id) ON DELETE CASCADE
);

CREATE TABLE hosts (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  last_enrolled_at timestamp with time zone DEFAULT now() NOT NULL,
  detail_updated_at timestamp with time zone,
  software_updated_at timestamp with time zone,
  last_restarted_at timestamp with time zone,
  refetch_requested boolean DEFAULT false NOT NULL,
  software_sequence bigint DEFAULT 0 NOT NULL,
  software_count integer DEFAULT 0 NOT NULL,
  operating_system_id bigint,
  hostname text DEFAULT ''::text NOT NULL,
  computer_name text DEFAULT ''::text NOT NULL,
  uuid text DEFAULT ''::text NOT NULL,
  hardware_serial text DEFAULT ''::text NOT NULL,
  hardware_vendor text DEFAULT ''::text NOT NULL,
  hardware_model text DEFAULT ''::text NOT NULL,
  hardware_version text DEFAULT ''::text NOT NULL,
  platform text DEFAULT ''::text NOT NULL,
  platform_like text DEFAULT ''::text NOT NULL,
  os_version text DEFAULT ''::text NOT NULL,
  build text DEFAULT ''::text NOT NULL,
  code_name text DEFAULT ''::text NOT NULL,
  osquery_version text DEFAULT ''::text NOT NULL,
  orbit_version text,
  muster_version text,
  cpu_type text DEFAULT ''::text NOT NULL,
  cpu_subtype text DEFAULT ''::text NOT NULL,
  cpu_brand text DEFAULT ''::text NOT NULL,
  cpu_physical_cores integer DEFAULT 0 NOT NULL,
  cpu_logical_cores integer DEFAULT 0 NOT NULL,
  memory bigint DEFAULT 0 NOT NULL,
  uptime bigint DEFAULT 0 NOT NULL,
  public_ip text DEFAULT ''::text NOT NULL,
  primary_ip text DEFAULT ''::text NOT NULL,
  primary_mac text DEFAULT ''::text NOT NULL,
  distributed_interval integer DEFAULT 0 NOT NULL,
  config_tls_refresh integer DEFAULT 0 NOT NULL,
  logger_tls_period integer DEFAULT 0 NOT NULL,
  gigs_disk_space_available double precision DEFAULT 0 NOT NULL,
  percent_disk_space_available double precision DEFAULT 0 NOT NULL,
  gigs_total_disk_space double precision DEFAULT 0 NOT NULL,
  timezone text,
  CONSTRAINT hosts_pkey PRIMARY KEY (id),
  CONSTRAINT hosts_operating_system_id_fkey FOREIGN KEY (operating_system_id) REFERENCES operating_systems(id)
) WITH (fillfactor=80);
CREATE INDEX hosts_computer_name ON public.hosts USING btree (lower(computer_name), id);
CREATE INDEX hosts_created_at ON public.hosts USING btree (created_at, id);
CREATE INDEX hosts_display_name ON public.hosts USING btree (lower(COALESCE(NULLIF(computer_name, ''::text), NULLIF(hostname, ''::text), ('Device '::text || (id)::text))), id);
CREATE INDEX hosts_hardware_model ON public.hosts USING btree (lower(hardware_model), id);
CREATE INDEX hosts_hardware_serial ON public.hosts USING btree (lower(hardware_serial), id);
CREATE INDEX hosts_hostname ON public.hosts USING btree (lower(hostname), id);
CREATE INDEX hosts_last_enrolled_at ON public.hosts USING btree (last_enrolled_at, id);
CREATE INDEX hosts_memory ON public.hosts USING btree (memory, id);
CREATE INDEX hosts_operating_system_id ON public.hosts USING btree (operating_system_id);
CREATE INDEX hosts_os_version ON public.hosts USING btree (lower(os_version), id);
CREATE INDEX hosts_osquery_version ON public.hosts USING btree (osquery_version, id);
CREATE INDEX hosts_platform ON public.hosts USING btree (platform, id);
CREATE INDEX hosts_primary_ip ON public.hosts USING btree (primary_ip, id);
CREATE INDEX hosts_public_ip ON public.hosts USING btree (public_ip) WHERE (public_ip <> ''::text);
CREATE INDEX hosts_search ON public.hosts USING gin (lower(((((((((hostname || ' '::text) || computer_name) || ' '::text) || uuid) || ' '::text) || hardware_serial) || ' '::text) || primary_ip)) gin_trgm_ops);
CREATE INDEX hosts_uuid ON public.hosts USING btree (lower(uuid)) WHERE (uuid <> ''::text);

CREATE TABLE label_count_runs (
  label_id bigint NOT NULL,
  started_at timestamp with time zone DEFAULT now() NOT NULL,
  members integer DEFAULT 0 NOT NULL,
  counted integer DEFAULT 0 NOT NULL,
  snapshot pg_snapshot,
  moved_titles bigint[] DEFAULT '{}'::bigint[] NOT NULL,
  CONSTRAINT label_count_runs_pkey PRIMARY KEY (label_id),
  CONSTRAINT label_count_runs_label_id_fkey FOREIGN KEY (label_id) REFERENCES labels(id) ON DELETE CASCADE
);

CREATE TABLE label_counts (
  label_id bigint NOT NULL,
  hosts_count integer NOT NULL,
  CONSTRAINT label_counts_pkey PRIMARY KEY (label_id),
  CONSTRAINT label_counts_label_id_fkey FOREIGN KEY (label_id) REFERENCES labels(id) ON DELETE CASCADE
) WITH (fillfactor=70);

CREATE TABLE label_exposure_counts (
  label_id integer NOT NULL,
  asked_at timestamp with time zone DEFAULT now() NOT NULL,
  counted_at timestamp with time zone,
  took_ms integer DEFAULT 0 NOT NULL,
  CONSTRAINT label_exposure_counts_pkey PRIMARY KEY (label_id),
  CONSTRAINT label_exposure_counts_label_id_fkey FOREIGN KEY (label_id) REFERENCES labels(id) ON DELETE CASCADE
);

CREATE TABLE label_exposures (
  label_id integer NOT NULL,
  vulnerability_id integer NOT NULL,
  hosts_count integer NOT NULL,
  suppressed_hosts_count integer NOT NULL,
  CONSTRAINT label_exposures_pkey PRIMARY KEY (label_id, vulnerability_id),
  CONSTRAINT label_exposures_label_id_fkey FOREIGN KEY (label_id) REFERENCES labels(id) ON DELETE CASCADE
);

CREATE TABLE label_fix_counts (
  label_id bigint NOT NULL,
  asked_at timestamp with time zone DEFAULT now() NOT NULL,
  counted_at timestamp with time zone,
  took_ms integer DEFAULT 0 NOT NULL,
  CONSTRAINT label_fix_counts_pkey PRIMARY KEY (label_id),
  CONSTRAINT label_fix_counts_label_id_fkey FOREIGN KEY (label_id) REFERENCES labels(id) ON DELETE CASCADE
);

CREATE TABLE label_fixes (
  label_id bigint NOT NULL,
  fix_id integer NOT NULL,
  risk double precision NOT NULL,
  hosts_count integer NOT NULL,
  vulnerabilities_count integer NOT NULL,
  known_exploited_count integer NOT NULL,
  priority real NOT NULL,
  CONSTRAINT label_fixes_pkey PRIMARY KEY (label_id, fix_id),
  CONSTRAINT label_fixes_fix_id_fkey FOREIGN KEY (fix_id) REFERENCES fix_queue(id) ON DELETE CASCADE,
  CONSTRAINT label_fixes_label_id_fkey FOREIGN KEY (label_id) REFERENCES labels(id) ON DELETE CASCADE
);
CREATE INDEX label_fixes_fix ON public.label_fixes USING btree (fix_id);

CREATE TABLE label_host_changes (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  host_id bigint NOT NULL,
  fields text[] NOT NULL,
  CONSTRAINT label_host_changes_pkey PRIMARY KEY (id)
);

CREATE TABLE label_member_changes (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  label_id bigint NOT NULL,
  CONSTRAINT label_member_changes_pkey PRIMARY KEY (id)
);

CREATE TABLE label_membership (
  host_id bigint NOT NULL,
  label_id bigint NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  counted boolean DEFAULT false NOT NULL,
  CONSTRAINT label_membership_pkey PRIMARY KEY (host_id, label_id),
  CONSTRAINT label_membership_label_id_fkey FOREIGN KEY (label_id) REFERENCES labels(id) ON DELETE CASCADE
);
CREATE INDEX label_membership_label_id ON public.label_membership USING btree (label_id, host_id);
CREATE INDEX label_membership_uncounted ON public.label_membership USING btree (label_id, host_id) WHERE (NOT counted);
CREATE TRIGGER label_members_joined AFTER INSERT ON public.label_membership REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION label_members_note();
CREATE TRIGGER label_members_left AFTER DELETE ON public.label_membership REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION label_members_note();

CREATE TABLE label_software_counts (
  label_id bigint NOT NULL,
  software_id bigint NOT NULL,
  source text NOT NULL,
  hosts_count integer NOT NULL,
  CONSTRAINT label_software_counts_pkey PRIMARY KEY (label_id, software_id)
) WITH (fillfactor=70);
CREATE INDEX label_software_counts_hosts_count ON public.label_software_counts USING btree (label_id, hosts_count, software_id);
CREATE INDEX label_software_counts_zero ON public.label_software_counts USING btree (label_id) WHERE (hosts_count = 0);

CREATE TABLE label_title_counts (
  label_id bigint NOT NULL,
  title_id bigint NOT NULL,
  source text NOT NULL,
  hosts_count integer NOT NULL,
  versions_count integer NOT NULL,
  CONSTRAINT label_title_counts_pkey PRIMARY KEY (label_id, title_id)
) WITH (fillfactor=70);
CREATE INDEX label_title_counts_hosts_count ON public.label_title_counts USING btree (label_id, hosts_count, title_id);
CREATE INDEX label_title_counts_zero ON public.label_title_counts USING btree (label_id) WHERE ((hosts_count = 0) AND (versions_count = 0));

CREATE TABLE labels (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  name text NOT NULL,
  description text DEFAULT ''::text NOT NULL,
  platform text DEFAULT ''::text NOT NULL,
  label_type text DEFAULT 'regular'::text NOT NULL,
  label_membership_type text NOT NULL,
  query text DEFAULT ''::text NOT NULL,
  criteria jsonb,
  author_id bigint,
  evaluated_at timestamp with time zone,
  counted_at timestamp with time zone,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  criteria_fields text[] DEFAULT '{}'::text[] NOT NULL,
  evaluated_to bigint DEFAULT 0 NOT NULL,
  CONSTRAINT labels_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX labels_name ON public.labels USING btree (lower(name));

CREATE TABLE life_cycles (
  product text NOT NULL,
  cycle text NOT NULL,
  codename text,
  released date,
  end_of_life date,
  ended boolean,
  extended_end date,
  latest text,
  CONSTRAINT life_cycles_pkey PRIMARY KEY (product, cycle)
);

CREATE TABLE login_limits (
  key bytea NOT NULL,
  attempts integer NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  CONSTRAINT login_limits_pkey PRIMARY KEY (key)
);
CREATE INDEX login_limits_expires_at ON public.login_limits USING btree (expires_at);

CREATE TABLE match_queue (
  ecosystem text NOT NULL,
  package text NOT NULL,
  queued_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT match_queue_pkey PRIMARY KEY (ecosystem, package)
);

CREATE TABLE match_rescans (
  id integer GENERATED ALWAYS AS IDENTITY NOT NULL,
  requested_at timestamp with time zone DEFAULT now() NOT NULL,
  finished_at timestamp with time zone,
  after_ecosystem text,
  after_package text,
  after_subject_id integer,
  subjects_matched integer DEFAULT 0 NOT NULL,
  CONSTRAINT match_rescans_pkey PRIMARY KEY (id)
);

CREATE TABLE match_subjects (
  id integer GENERATED ALWAYS AS IDENTITY NOT NULL,
  software_id integer,
  facts_id integer DEFAULT 0 NOT NULL,
  os_scope_id integer NOT NULL,
  operating_system_id integer,
  authority text DEFAULT ''::text NOT NULL,
  status text DEFAULT 'not_assessed'::text NOT NULL,
  identity json NOT NULL,
  identity_version integer DEFAULT 0 NOT NULL,
  matched_at timestamp with time zone,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT match_subjects_pkey PRIMARY KEY (id),
  CONSTRAINT match_subjects_os_scope_id_fkey FOREIGN KEY (os_scope_id) REFERENCES os_scopes(id),
  CONSTRAINT match_subjects_check CHECK (((software_id IS NULL) <> (operating_system_id IS NULL))),
  CONSTRAINT match_subjects_status_check CHECK ((status = ANY (ARRAY['assessed'::text, 'unidentified'::text, 'not_assessed'::text])))
);
CREATE INDEX match_subjects_identity_version ON public.match_subjects USING btree (identity_version, id);
CREATE UNIQUE INDEX match_subjects_operating_system ON public.match_subjects USING btree (operating_system_id) WHERE (operating_system_id IS NOT NULL);
CREATE UNIQUE INDEX match_subjects_software ON public.match_subjects USING btree (software_id, facts_id, os_scope_id) WHERE (software_id IS NOT NULL);
CREATE INDEX match_subjects_status ON public.match_subjects USING btree (status, id) WHERE (status <> 'assessed'::text);
CREATE INDEX match_subjects_unmatched ON public.match_subjects USING btree (id) WHERE (matched_at IS NULL);

CREATE TABLE merge_queue (
  cve text NOT NULL,
  queued_at timestamp with time zone DEFAULT now() NOT NULL,
  scores_only boolean DEFAULT false NOT NULL,
  CONSTRAINT merge_queue_pkey PRIMARY KEY (cve)
);

CREATE TABLE migrations (
  number integer NOT NULL,
  name text NOT NULL,
  checksum text NOT NULL,
  applied_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT migrations_pkey PRIMARY KEY (number)
);

CREATE TABLE notification_deliveries (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  rule_id integer NOT NULL,
  idempotency_key uuid DEFAULT gen_random_uuid() NOT NULL,
  payload json NOT NULL,
  vulnerabilities_count integer NOT NULL,
  state text DEFAULT 'waiting'::text NOT NULL,
  attempts integer DEFAULT 0 NOT NULL,
  next_attempt_at timestamp with time zone DEFAULT now() NOT NULL,
  status integer,
  error text,
  replay_of bigint,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  delivered_at timestamp with time zone,
  CONSTRAINT notification_deliveries_idempotency_key_key UNIQUE (idempotency_key),
  CONSTRAINT notification_deliveries_pkey PRIMARY KEY (id),
  CONSTRAINT notification_deliveries_rule_id_fkey FOREIGN KEY (rule_id) REFERENCES notification_rules(id) ON DELETE CASCADE,
  CONSTRAINT notification_deliveries_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'delivered'::text, 'failed'::text])))
);
CREATE INDEX notification_deliveries_created_at ON public.notification_deliveries USING btree (created_at);
CREATE INDEX notification_deliveries_rule ON public.notification_deliveries USING btree (rule_id, id);
CREATE INDEX notification_deliveries_waiting ON public.notification_deliveries USING btree (next_attempt_at) WHERE (state = 'waiting'::text);

CREATE TABLE notification_items (
  rule_id integer NOT NULL,
  vulnerability_id integer NOT NULL,
  subject_id integer NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT notification_items_pkey PRIMARY KEY (rule_id, vulnerability_id, subject_id),
  CONSTRAINT notification_items_rule_id_fkey FOREIGN KEY (rule_id) REFERENCES notification_rules(id) ON DELETE CASCADE,
  CONSTRAINT notification_items_vulnerability_id_fkey FOREIGN KEY (vulnerability_id) REFERENCES vulnerabilities(id)
);

CREATE TABLE notification_rules (
  id integer GENERATED ALWAYS AS IDENTITY NOT NULL,
  name text NOT NULL,
  enabled boolean DEFAULT true NOT NULL,
  conditions json NOT NULL,
  channel text NOT NULL,
  url text,
  payload text DEFAULT 'muster'::text NOT NULL,
  allow_private_addresses boolean DEFAULT false NOT NULL,
  signing_secret text,
  recipients text[] DEFAULT '{}'::text[] NOT NULL,
  batch_seconds integer DEFAULT 300 NOT NULL,
  author_full_name text,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT notification_rules_pkey PRIMARY KEY (id),
  CONSTRAINT notification_rules_channel_check CHECK ((channel = ANY (ARRAY['webhook'::text, 'email'::text]))),
  CONSTRAINT notification_rules_check CHECK (((channel = 'webhook'::text) = (url IS NOT NULL))),
  CONSTRAINT notification_rules_payload_check CHECK ((payload = ANY (ARRAY['muster'::text, 'fleet'::text])))
);

CREATE TABLE notification_told (
  rule_id integer NOT NULL,
  vulnerability_id integer NOT NULL,
  CONSTRAINT notification_told_pkey PRIMARY KEY (rule_id, vulnerability_id),
  CONSTRAINT notification_told_rule_id_fkey FOREIGN KEY (rule_id) REFERENCES notification_rules(id) ON DELETE CASCADE,
  CONSTRAINT notification_told_vulnerability_id_fkey FOREIGN KEY (vulnerability_id) REFERENCES vulnerabilities(id) ON DELETE CASCADE
);
CREATE INDEX notification_told_vulnerability ON public.notification_told USING btree (vulnerability_id);

CREATE TABLE operating_systems (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  name text NOT NULL,
  version text NOT NULL,
  arch text DEFAULT ''::text NOT NULL,
  kernel_version text DEFAULT ''::text NOT NULL,
  platform text NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  os_scope_id integer,
  CONSTRAINT operating_systems_name_version_arch_kernel_version_platform_key UNIQUE (name, version, arch, kernel_version, platform),
  CONSTRAINT operating_systems_pkey PRIMARY KEY (id),
  CONSTRAINT operating_systems_os_scope_id_fkey FOREIGN KEY (os_scope_id) REFERENCES os_scopes(id)
);

CREATE TABLE os_scopes (
  id integer GENERATED BY DEFAULT AS IDENTITY NOT NULL,
  name text NOT NULL,
  family text NOT NULL,
  family_id integer DEFAULT 0 NOT NULL,
  CONSTRAINT os_scopes_name_key UNIQUE (name),
  CONSTRAINT os_scopes_pkey PRIMARY KEY (id)
);

CREATE TABLE product_corrections (
  id integer GENERATED ALWAYS AS IDENTITY NOT NULL,
  kind text NOT NULL,
  products text[] NOT NULL,
  software_id integer,
  title_id integer,
  name_pattern text,
  source text,
  edition text,
  version_transform text,
  software_name text NOT NULL,
  reason text NOT NULL,
  software_count integer DEFAULT 0 NOT NULL,
  hosts_count integer DEFAULT 0 NOT NULL,
  author_id integer,
  author_full_name text,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  undone_at timestamp with time zone,
  undone_by text,
  CONSTRAINT product_corrections_pkey PRIMARY KEY (id),
  CONSTRAINT product_corrections_check CHECK ((num_nonnulls(software_id, title_id, name_pattern) = 1)),
  CONSTRAINT product_corrections_check1 CHECK (((kind = 'is_not'::text) OR (cardinality(products) > 0))),
  CONSTRAINT product_corrections_kind_check CHECK ((kind = ANY (ARRAY['is'::text, 'is_not'::text])))
);
CREATE INDEX product_corrections_in_force ON public.product_corrections USING btree (id) WHERE (undone_at IS NULL);

CREATE TABLE server_settings (
  name text NOT NULL,
  value jsonb NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT server_settings_pkey PRIMARY KEY (name)
);

CREATE TABLE sessions (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  user_id bigint NOT NULL,
  token_hash bytea NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  accessed_at timestamp with time zone DEFAULT now() NOT NULL,
  expires_at timestamp with time zone,
  CONSTRAINT sessions_token_hash_key UNIQUE (token_hash),
  CONSTRAINT sessions_pkey PRIMARY KEY (id),
  CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);
CREATE INDEX sessions_expires_at ON public.sessions USING btree (expires_at) WHERE (expires_at IS NOT NULL);
CREATE INDEX sessions_user_id ON public.sessions USING btree (user_id);

CREATE TABLE software (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  title_id bigint NOT NULL,
  checksum bytea NOT NULL,
  name text NOT NULL,
  version text NOT NULL,
  source text NOT NULL,
  bundle_identifier text DEFAULT ''::text NOT NULL,
  release text DEFAULT ''::text NOT NULL,
  vendor text DEFAULT ''::text NOT NULL,
  arch text DEFAULT ''::text NOT NULL,
  extension_id text DEFAULT ''::text NOT NULL,
  extension_for text DEFAULT ''::text NOT NULL,
  application_id text DEFAULT ''::text NOT NULL,
  upgrade_code text DEFAULT ''::text NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  derivation_version integer DEFAULT 1 NOT NULL,
  superseded_by bigint,
  CONSTRAINT software_checksum_key UNIQUE (checksum),
  CONSTRAINT software_pkey PRIMARY KEY (id),
  CONSTRAINT software_checksum_check CHECK ((length(checksum) = 16))
);
CREATE INDEX software_arch ON public.software USING btree (COALESCE(NULLIF(lower(arch), ''::text), '􏿿'::text) COLLATE "C", id);
CREATE INDEX software_created_at ON public.software USING btree (created_at, id);
CREATE INDEX software_derived_before_2 ON public.software USING btree (id) WHERE (derivation_version < 2);
CREATE INDEX software_name ON public.software USING btree (lower(name), id);
CREATE INDEX software_source ON public.software USING btree (source);
CREATE INDEX software_superseded_by ON public.software USING btree (superseded_by) WHERE (superseded_by IS NOT NULL);
CREATE INDEX software_title_id ON public.software USING btree (title_id);
CREATE INDEX software_vendor ON public.software USING btree (COALESCE(NULLIF(lower(vendor), ''::text), '􏿿'::text) COLLATE "C", id);
CREATE INDEX software_version ON public.software USING btree (lower(version) COLLATE "C", id);
CREATE TRIGGER software_deleted AFTER DELETE ON public.software REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION catalogue_software_gone();
CREATE TRIGGER software_names_inserted AFTER INSERT ON public.software REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION software_names_keep();
CREATE TRIGGER software_names_updated AFTER UPDATE ON public.software REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION software_names_keep();
CREATE TRIGGER software_truncated AFTER TRUNCATE ON public.software FOR EACH STATEMENT EXECUTE FUNCTION catalogue_epoch_advance();

CREATE TABLE software_aliases (
  checksum bytea NOT NULL,
  software_id bigint NOT NULL,
  CONSTRAINT software_aliases_pkey PRIMARY KEY (checksum),
  CONSTRAINT software_aliases_checksum_check CHECK ((length(checksum) = 16))
);
CREATE INDEX software_aliases_software_id ON public.software_aliases USING btree (software_id);

CREATE TABLE software_count_changes (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  software_added bigint[] DEFAULT '{}'::bigint[] NOT NULL,
  software_removed bigint[] DEFAULT '{}'::bigint[] NOT NULL,
  titles_added bigint[] DEFAULT '{}'::bigint[] NOT NULL,
  titles_removed bigint[] DEFAULT '{}'::bigint[] NOT NULL,
  label_ids bigint[] DEFAULT '{}'::bigint[] NOT NULL,
  only_labels boolean DEFAULT false NOT NULL,
  labels_added bigint[] DEFAULT '{}'::bigint[] NOT NULL,
  labels_removed bigint[] DEFAULT '{}'::bigint[] NOT NULL,
  xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
  host_id integer,
  CONSTRAINT software_count_changes_pkey PRIMARY KEY (id)
);

CREATE TABLE software_counts (
  software_id bigint NOT NULL,
  source text NOT NULL,
  hosts_count integer NOT NULL,
  CONSTRAINT software_counts_pkey PRIMARY KEY (software_id)
) WITH (fillfactor=70);
CREATE INDEX software_counts_hosts_count ON public.software_counts USING btree (hosts_count, software_id);
CREATE INDEX software_counts_source ON public.software_counts USING btree (source, hosts_count, software_id);

CREATE TABLE software_daily_counts (
  software_id bigint NOT NULL,
  day date NOT NULL,
  hosts_count integer NOT NULL,
  CONSTRAINT software_daily_counts_pkey PRIMARY KEY (software_id, day)
);

CREATE TABLE software_exposures (
  software_id integer NOT NULL,
  vulnerabilities_count integer NOT NULL,
  cvss_score_max real,
  exploited boolean DEFAULT false NOT NULL,
  fixable_count integer DEFAULT 0 NOT NULL,
  epss_max real,
  cve_published_max timestamp with time zone,
  CONSTRAINT software_exposures_pkey PRIMARY KEY (software_id)
);

CREATE TABLE software_facts (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  software_id bigint NOT NULL,
  checksum bytea NOT NULL,
  source_package text DEFAULT ''::text NOT NULL,
  source_version text DEFAULT ''::text NOT NULL,
  epoch text DEFAULT ''::text NOT NULL,
  origin text DEFAULT ''::text NOT NULL,
  CONSTRAINT software_facts_software_id_checksum_key UNIQUE (software_id, checksum),
  CONSTRAINT software_facts_pkey PRIMARY KEY (id),
  CONSTRAINT software_facts_software_id_fkey FOREIGN KEY (software_id) REFERENCES software(id) ON DELETE CASCADE,
  CONSTRAINT software_facts_checksum_check CHECK ((length(checksum) = 16))
);

CREATE TABLE software_names (
  name text NOT NULL,
  CONSTRAINT software_names_pkey PRIMARY KEY (name)
);
CREATE INDEX software_names_search ON public.software_names USING gin (name gin_trgm_ops);

CREATE TABLE software_title_counts (
  title_id bigint NOT NULL,
  source text NOT NULL,
  hosts_count integer NOT NULL,
  versions_count integer NOT NULL,
  CONSTRAINT software_title_counts_pkey PRIMARY KEY (title_id)
) WITH (fillfactor=70);
CREATE INDEX software_title_counts_hosts_count ON public.software_title_counts USING btree (hosts_count, title_id);
CREATE INDEX software_title_counts_source ON public.software_title_counts USING btree (source, hosts_count, title_id);

CREATE TABLE software_title_openings (
  title_id bigint NOT NULL,
  opening text NOT NULL,
  since date NOT NULL,
  hosts_count integer NOT NULL,
  CONSTRAINT software_title_openings_pkey PRIMARY KEY (title_id, opening, since)
);

CREATE TABLE software_titles (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  checksum bytea NOT NULL,
  name text NOT NULL,
  source text NOT NULL,
  extension_for text DEFAULT ''::text NOT NULL,
  bundle_identifier text DEFAULT ''::text NOT NULL,
  application_id text DEFAULT ''::text NOT NULL,
  upgrade_code text DEFAULT ''::text NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  derived_name text,
  merged_into bigint,
  vendor text DEFAULT ''::text NOT NULL,
  CONSTRAINT software_titles_checksum_key UNIQUE (checksum),
  CONSTRAINT software_titles_pkey PRIMARY KEY (id),
  CONSTRAINT software_titles_checksum_check CHECK ((length(checksum) = 16))
);
CREATE INDEX software_titles_created_at ON public.software_titles USING btree (created_at, id);
CREATE INDEX software_titles_identifier ON public.software_titles USING btree (COALESCE(NULLIF(lower(((bundle_identifier || upgrade_code) || application_id)), ''::text), '􏿿'::text) COLLATE "C", id);
CREATE INDEX software_titles_merged_into ON public.software_titles USING btree (merged_into) WHERE (merged_into IS NOT NULL);
CREATE INDEX software_titles_name ON public.software_titles USING btree (lower(name), id);
CREATE INDEX software_titles_search ON public.software_titles USING gin (lower(name) gin_trgm_ops);
CREATE INDEX software_titles_vendor ON public.software_titles USING btree (COALESCE(NULLIF(lower(vendor), ''::text), '􏿿'::text) COLLATE "C", id);

CREATE TABLE subject_changes (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  host_id integer NOT NULL,
  software_added integer[],
  software_removed integer[],
  operating_system_ids integer[],
  queued_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT subject_changes_pkey PRIMARY KEY (id)
);

CREATE TABLE subject_keys (
  ecosystem text NOT NULL,
  package text NOT NULL,
  subject_id integer NOT NULL,
  CONSTRAINT subject_keys_pkey PRIMARY KEY (ecosystem, package, subject_id),
  CONSTRAINT subject_keys_subject_id_fkey FOREIGN KEY (subject_id) REFERENCES match_subjects(id) ON DELETE CASCADE
);
CREATE INDEX subject_keys_subject_id ON public.subject_keys USING btree (subject_id);

CREATE TABLE suppressions (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  subject_id integer NOT NULL,
  vulnerability_id integer NOT NULL,
  decision_id integer,
  vex_statement_id bigint,
  kind text NOT NULL,
  host_id integer,
  label_id integer,
  expires_at timestamp with time zone,
  CONSTRAINT suppressions_pkey PRIMARY KEY (id),
  CONSTRAINT suppressions_decision_id_fkey FOREIGN KEY (decision_id) REFERENCES vulnerability_decisions(id) ON DELETE CASCADE,
  CONSTRAINT suppressions_subject_id_vulnerability_id_fkey FOREIGN KEY (subject_id, vulnerability_id) REFERENCES findings(subject_id, vulnerability_id) ON DELETE CASCADE,
  CONSTRAINT suppressions_vex_statement_id_fkey FOREIGN KEY (vex_statement_id) REFERENCES vex_statements(id) ON DELETE CASCADE,
  CONSTRAINT suppressions_check CHECK ((num_nonnulls(decision_id, vex_statement_id) = 1)),
  CONSTRAINT suppressions_check1 CHECK ((num_nonnulls(host_id, label_id) <= 1)),
  CONSTRAINT suppressions_kind_check CHECK ((kind = ANY (ARRAY['accepted_risk'::text, 'false_positive'::text, 'vex'::text])))
);
CREATE UNIQUE INDEX suppressions_decision ON public.suppressions USING btree (subject_id, vulnerability_id, decision_id) WHERE (decision_id IS NOT NULL);
CREATE INDEX suppressions_decision_id ON public.suppressions USING btree (decision_id) WHERE (decision_id IS NOT NULL);
CREATE UNIQUE INDEX suppressions_vex ON public.suppressions USING btree (subject_id, vulnerability_id) WHERE (vex_statement_id IS NOT NULL);
CREATE INDEX suppressions_vex_statement_id ON public.suppressions USING btree (vex_statement_id) WHERE (vex_statement_id IS NOT NULL);

CREATE TABLE title_corrections (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  type text NOT NULL,
  details jsonb NOT NULL,
  undo jsonb NOT NULL,
  title_ids bigint[] NOT NULL,
  hosts_count integer NOT NULL,
  actor_id bigint,
  actor_full_name text,
  undone_at timestamp with time zone,
  undone_by text,
  CONSTRAINT title_corrections_pkey PRIMARY KEY (id)
);

CREATE TABLE title_splits (
  correction_id bigint NOT NULL,
  title_id bigint NOT NULL,
  target_id bigint NOT NULL,
  name_starts_with text,
  version_starts_with text,
  vendor text,
  CONSTRAINT title_splits_pkey PRIMARY KEY (correction_id),
  CONSTRAINT title_splits_correction_id_fkey FOREIGN KEY (correction_id) REFERENCES title_corrections(id) ON DELETE CASCADE
);
CREATE INDEX title_splits_title_id ON public.title_splits USING btree (title_id);

CREATE TABLE users (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  name text NOT NULL,
  email text NOT NULL,
  password_hash text,
  global_role text DEFAULT 'admin'::text,
  api_only boolean DEFAULT false NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT users_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX users_email_key ON public.users USING btree (lower(email));

CREATE TABLE vex_documents (
  id integer GENERATED ALWAYS AS IDENTITY NOT NULL,
  format text NOT NULL,
  document_id text NOT NULL,
  name text NOT NULL,
  author text NOT NULL,
  issued_at timestamp with time zone NOT NULL,
  version text NOT NULL,
  sha256 bytea NOT NULL,
  statements_count integer NOT NULL,
  imported_by text,
  imported_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT vex_documents_format_document_id_key UNIQUE (format, document_id),
  CONSTRAINT vex_documents_pkey PRIMARY KEY (id),
  CONSTRAINT vex_documents_format_check CHECK ((format = ANY (ARRAY['openvex'::text, 'csaf'::text, 'cyclonedx'::text])))
);

CREATE TABLE vex_statements (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  vex_document_id integer NOT NULL,
  vulnerabilities text[] NOT NULL,
  status text NOT NULL,
  justification text,
  impact_statement text,
  action_statement text,
  products json NOT NULL,
  stated_at timestamp with time zone NOT NULL,
  CONSTRAINT vex_statements_pkey PRIMARY KEY (id),
  CONSTRAINT vex_statements_vex_document_id_fkey FOREIGN KEY (vex_document_id) REFERENCES vex_documents(id) ON DELETE CASCADE,
  CONSTRAINT vex_statements_status_check CHECK ((status = ANY (ARRAY['not_affected'::text, 'affected'::text, 'fixed'::text, 'under_investigation'::text, 'false_positive'::text, 'accepted_risk'::text])))
);
CREATE INDEX vex_statements_document ON public.vex_statements USING btree (vex_document_id);
CREATE INDEX vex_statements_vulnerabilities ON public.vex_statements USING gin (vulnerabilities);

CREATE TABLE vulnerabilities (
  id integer GENERATED ALWAYS AS IDENTITY NOT NULL,
  cve text NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  title text DEFAULT ''::text NOT NULL,
  description text DEFAULT ''::text NOT NULL,
  published timestamp with time zone,
  modified timestamp with time zone,
  severity text DEFAULT 'unknown'::text NOT NULL,
  cvss_score real,
  cvss json DEFAULT '[]'::json NOT NULL,
  epss real,
  epss_percentile real,
  kev json,
  exploit boolean DEFAULT false NOT NULL,
  malware boolean DEFAULT false NOT NULL,
  rejected boolean DEFAULT false NOT NULL,
  cwes text[] DEFAULT '{}'::text[] NOT NULL,
  references json DEFAULT '[]'::json NOT NULL,
  aliases text[] DEFAULT '{}'::text[] NOT NULL,
  merged_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT vulnerabilities_cve_key UNIQUE (cve),
  CONSTRAINT vulnerabilities_pkey PRIMARY KEY (id)
);
CREATE INDEX vulnerabilities_cve_begins ON public.vulnerabilities USING btree (cve COLLATE "C");

CREATE TABLE vulnerability_aliases (
  record_id bigint NOT NULL,
  alias text NOT NULL,
  vulnerability text NOT NULL,
  CONSTRAINT vulnerability_aliases_pkey PRIMARY KEY (alias, vulnerability, record_id),
  CONSTRAINT vulnerability_aliases_record_id_fkey FOREIGN KEY (record_id) REFERENCES feed_records(id) ON DELETE CASCADE
);
CREATE INDEX vulnerability_aliases_record_id ON public.vulnerability_aliases USING btree (record_id);
CREATE INDEX vulnerability_aliases_vulnerability ON public.vulnerability_aliases USING btree (vulnerability);

CREATE TABLE vulnerability_decisions (
  id integer GENERATED ALWAYS AS IDENTITY NOT NULL,
  kind text NOT NULL,
  vulnerability_id integer NOT NULL,
  software_id integer,
  operating_system_id integer,
  software_title_id integer,
  host_id integer,
  label_id integer,
  reason text NOT NULL,
  author_id integer,
  author_full_name text,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  expires_at timestamp with time zone,
  reopen_epss real,
  reopen_kev boolean DEFAULT true NOT NULL,
  reopen_severity boolean DEFAULT false NOT NULL,
  reopen_fix boolean DEFAULT false NOT NULL,
  baseline json NOT NULL,
  names json NOT NULL,
  ended_at timestamp with time zone,
  ended_reason text,
  ended_by text,
  ended_note text,
  CONSTRAINT vulnerability_decisions_pkey PRIMARY KEY (id),
  CONSTRAINT vulnerability_decisions_vulnerability_id_fkey FOREIGN KEY (vulnerability_id) REFERENCES vulnerabilities(id),
  CONSTRAINT vulnerability_decisions_check CHECK ((num_nonnulls(software_id, operating_system_id, software_title_id) <= 1)),
  CONSTRAINT vulnerability_decisions_check1 CHECK ((num_nonnulls(host_id, label_id) <= 1)),
  CONSTRAINT vulnerability_decisions_check2 CHECK (((ended_at IS NULL) = (ended_reason IS NULL))),
  CONSTRAINT vulnerability_decisions_ended_reason_check CHECK ((ended_reason = ANY (ARRAY['revoked'::text, 'expired'::text, 'epss'::text, 'kev'::text, 'severity'::text, 'fix'::text]))),
  CONSTRAINT vulnerability_decisions_kind_check CHECK ((kind = ANY (ARRAY['accepted_risk'::text, 'false_positive'::text])))
);
CREATE INDEX vulnerability_decisions_active ON public.vulnerability_decisions USING btree (id) WHERE (ended_at IS NULL);
CREATE INDEX vulnerability_decisions_vulnerability_id ON public.vulnerability_decisions USING btree (vulnerability_id, id);

CREATE TABLE vulnerability_exposures (
  vulnerability_id integer NOT NULL,
  cve text NOT NULL,
  severity text NOT NULL,
  cvss_score real,
  epss real,
  kev boolean DEFAULT false NOT NULL,
  ransomware boolean DEFAULT false NOT NULL,
  exploit boolean DEFAULT false NOT NULL,
  published timestamp with time zone,
  first_seen timestamp with time zone NOT NULL,
  hosts_count integer DEFAULT 0 NOT NULL,
  software_count integer DEFAULT 0 NOT NULL,
  states text[] DEFAULT '{}'::text[] NOT NULL,
  sources text[] DEFAULT '{}'::text[] NOT NULL,
  suppressed_hosts_count integer DEFAULT 0 NOT NULL,
  suppressed boolean DEFAULT false NOT NULL,
  priority real DEFAULT 0 NOT NULL,
  due_at timestamp with time zone,
  counted_at timestamp with time zone,
  CONSTRAINT vulnerability_exposures_pkey PRIMARY KEY (vulnerability_id),
  CONSTRAINT vulnerability_exposures_vulnerability_id_fkey FOREIGN KEY (vulnerability_id) REFERENCES vulnerabilities(id)
);
