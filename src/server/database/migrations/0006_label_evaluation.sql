-- Labels kept current: what a label's rule mentions, how far its evaluation is, which hosts changed since; Fleet's built-in labels.

-- The software of this member is counted in label_software_counts and label_title_counts. Members join uncounted; a label's list of
-- software counts those of them that are not yet (inventory/count-label.ts), and from then on the ledger keeps them.
ALTER TABLE label_membership ADD COLUMN counted boolean NOT NULL DEFAULT false;
CREATE INDEX label_membership_uncounted ON label_membership (label_id, host_id) WHERE NOT counted;

-- counts that reached 0 are deleted after each fold
CREATE INDEX label_software_counts_zero ON label_software_counts (label_id) WHERE hosts_count = 0;
CREATE INDEX label_title_counts_zero ON label_title_counts (label_id) WHERE hosts_count = 0;

ALTER TABLE labels
  -- what the criteria mention: names of host facts, 'software'; only a change of these can change a membership
  ADD COLUMN criteria_fields text[] NOT NULL DEFAULT '{}',
  -- an evaluation of all hosts goes by id; hosts up to this one are done
  ADD COLUMN evaluated_to bigint NOT NULL DEFAULT 0;

-- Hosts that changed in something that a label mentions, written with the change; evaluated seconds later, in bulk. Appended to, never
-- updated, so that a check-in waits for nobody.
CREATE TABLE label_host_changes (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  host_id bigint NOT NULL,
  -- names as in labels.criteria_fields; {*}: anything may have changed
  fields text[] NOT NULL
);

-- Names and meaning as Fleet has them. Members of databases with hosts are found by the first run of the job.
INSERT INTO labels (name, description, platform, label_type, label_membership_type, criteria, criteria_fields) VALUES
  ('All Hosts', 'All hosts which have enrolled in Muster', '', 'builtin', 'host_vitals', '{"all": []}', '{}'),
  ('macOS', 'All macOS hosts', 'darwin', 'builtin', 'host_vitals', '{"vital": "platform", "value": "darwin"}', '{platform}'),
  ('macOS 14+ (Sonoma+)', 'macOS hosts with version 14 and above', 'darwin', 'builtin', 'host_vitals',
    '{"all": [{"vital": "platform", "value": "darwin"}, {"vital": "os_version", "operator": "at_least", "value": "14"}]}',
    '{operating_system,platform}'),
  ('MS Windows', 'All Windows hosts', 'windows', 'builtin', 'host_vitals', '{"vital": "platform", "value": "windows"}', '{platform}'),
  ('All Linux', 'All Linux hosts', 'linux', 'builtin', 'host_vitals', '{"vital": "platform_family", "value": "linux"}', '{platform}'),
  ('Ubuntu Linux', 'All Ubuntu hosts', 'linux', 'builtin', 'host_vitals', '{"vital": "platform", "value": "ubuntu"}', '{platform}'),
  ('CentOS Linux', 'All CentOS hosts', 'linux', 'builtin', 'host_vitals',
    '{"any": [{"vital": "platform", "value": "centos"}, {"vital": "os_name", "operator": "contains", "value": "centos"}]}',
    '{operating_system,platform}'),
  ('Red Hat Linux', 'All Red Hat Enterprise Linux hosts', 'linux', 'builtin', 'host_vitals',
    '{"vital": "os_name", "operator": "contains", "value": "red hat"}', '{operating_system}'),
  ('Fedora Linux', 'All Fedora hosts', 'linux', 'builtin', 'host_vitals',
    '{"vital": "os_name", "operator": "starts_with", "value": "fedora"}', '{operating_system}'),
  ('chrome', 'All Chrome hosts', 'chrome', 'builtin', 'host_vitals', '{"vital": "platform", "value": "chrome"}', '{platform}');
