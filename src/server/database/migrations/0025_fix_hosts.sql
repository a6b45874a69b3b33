-- The queue of updates counts hosts once for each update, not once for each vulnerability; what a label's hosts need is a queue of its own;
-- what became worse is told once.

-- hosts: findings or hosts moved; else only the judgement did, and no link is to be read
ALTER TABLE fix_queue_changes ADD COLUMN hosts boolean NOT NULL DEFAULT true;

-- recount: hosts are to be counted anew, not only what they add up to
ALTER TABLE fix_queue ADD COLUMN recount boolean NOT NULL DEFAULT true,
  ADD COLUMN queued_at timestamptz NOT NULL DEFAULT now();
DROP INDEX fix_queue_stale;
CREATE INDEX fix_queue_stale ON fix_queue (queued_at, id) WHERE stale;
-- the queue is made anew by the next run
UPDATE fix_queue SET stale = true;

-- which update a subject is of, where one clears something of it
CREATE TABLE fix_subjects (
  subject_id integer PRIMARY KEY,
  fix_id integer NOT NULL REFERENCES fix_queue ON DELETE CASCADE
);
CREATE INDEX fix_subjects_fix ON fix_subjects (fix_id);

-- updates for the hosts of labels that somebody looks at
CREATE TABLE label_fixes (
  label_id bigint NOT NULL REFERENCES labels ON DELETE CASCADE,
  fix_id integer NOT NULL REFERENCES fix_queue ON DELETE CASCADE,
  risk double precision NOT NULL,
  hosts_count integer NOT NULL,
  vulnerabilities_count integer NOT NULL,
  known_exploited_count integer NOT NULL,
  priority real NOT NULL,
  PRIMARY KEY (label_id, fix_id)
);
CREATE INDEX label_fixes_fix ON label_fixes (fix_id);

CREATE TABLE label_fix_counts (
  label_id bigint PRIMARY KEY REFERENCES labels ON DELETE CASCADE,
  asked_at timestamptz NOT NULL DEFAULT now(),
  counted_at timestamptz,
  took_ms integer NOT NULL DEFAULT 0
);

-- what the vulnerability was before it became worse; null: the finding itself is new
ALTER TABLE finding_events ADD COLUMN before json;

-- of which vulnerabilities a rule has told
CREATE TABLE notification_told (
  rule_id integer NOT NULL REFERENCES notification_rules ON DELETE CASCADE,
  vulnerability_id integer NOT NULL REFERENCES vulnerabilities ON DELETE CASCADE,
  PRIMARY KEY (rule_id, vulnerability_id)
);
CREATE INDEX notification_told_vulnerability ON notification_told (vulnerability_id);

-- labels whose members changed, so that vulnerabilities that a decision for the label is about are counted anew
CREATE TABLE label_member_changes (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  label_id bigint NOT NULL
);

CREATE FUNCTION label_members_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- appended, never looked for: a check-in must wait for nobody who counts
  INSERT INTO label_member_changes (label_id) SELECT DISTINCT label_id FROM changed;
  RETURN NULL;
END $$;
CREATE TRIGGER label_members_joined AFTER INSERT ON label_membership
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION label_members_note();
CREATE TRIGGER label_members_left AFTER DELETE ON label_membership
  REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION label_members_note();
