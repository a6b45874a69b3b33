-- Telling people and programs of new findings.

-- One row for each finding that is opened, written in its transaction; taken away in the transaction that sorts it under rules.
CREATE TABLE finding_events (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  subject_id integer NOT NULL,
  vulnerability_id integer NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE notification_rules (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  enabled boolean NOT NULL DEFAULT true,
  -- NotificationConditions (src/domain/vulnerability/judgement/notification-rule.ts)
  conditions json NOT NULL,
  channel text NOT NULL CHECK (channel IN ('webhook', 'email')),
  url text,
  payload text NOT NULL DEFAULT 'muster' CHECK (payload IN ('muster', 'fleet')),
  allow_private_addresses boolean NOT NULL DEFAULT false,
  -- needed in the clear to sign with; never read by any endpoint
  signing_secret text,
  recipients text[] NOT NULL DEFAULT '{}',
  -- what comes within this time goes out as one message
  batch_seconds integer NOT NULL DEFAULT 300,
  author_full_name text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CHECK ((channel = 'webhook') = (url IS NOT NULL))
);

-- New findings that a rule will tell of in its next message.
CREATE TABLE notification_items (
  rule_id integer NOT NULL REFERENCES notification_rules ON DELETE CASCADE,
  vulnerability_id integer NOT NULL REFERENCES vulnerabilities,
  subject_id integer NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (rule_id, vulnerability_id, subject_id)
);

-- The outbox, and the log of what was delivered.
CREATE TABLE notification_deliveries (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  rule_id integer NOT NULL REFERENCES notification_rules ON DELETE CASCADE,
  -- the same for every attempt: receivers tell repetitions by it
  idempotency_key uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
  payload json NOT NULL,
  vulnerabilities_count integer NOT NULL,
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'failed')),
  attempts integer NOT NULL DEFAULT 0,
  -- of a waiting one: not before; moved on by who takes it, so that a process that dies only delays it
  next_attempt_at timestamptz NOT NULL DEFAULT now(),
  status integer,
  error text,
  replay_of bigint,
  created_at timestamptz NOT NULL DEFAULT now(),
  delivered_at timestamptz
);
CREATE INDEX notification_deliveries_waiting ON notification_deliveries (next_attempt_at) WHERE state = 'waiting';
CREATE INDEX notification_deliveries_rule ON notification_deliveries (rule_id, id);
CREATE INDEX notification_deliveries_created_at ON notification_deliveries (created_at);
