-- People and programs that use Muster, their sessions, and the audit trail.

CREATE TABLE server_settings (
  name text PRIMARY KEY,
  value jsonb NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE users (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  email text NOT NULL,
  -- argon2id in PHC format; null for API-only users, who never log in with a password
  password_hash text,
  global_role text NOT NULL DEFAULT 'admin',
  api_only boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX users_email_key ON users (lower(email));

CREATE TABLE sessions (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  -- SHA-256 of the token; the token itself is never stored
  token_hash bytea NOT NULL UNIQUE,
  created_at timestamptz NOT NULL DEFAULT now(),
  accessed_at timestamptz NOT NULL DEFAULT now(),
  -- null: does not expire (API-only users)
  expires_at timestamptz
);
CREATE INDEX sessions_user_id ON sessions (user_id);
CREATE INDEX sessions_expires_at ON sessions (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE activities (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  created_at timestamptz NOT NULL DEFAULT now(),
  type text NOT NULL,
  -- no foreign key: the trail outlives the user
  actor_id bigint,
  actor_full_name text,
  actor_email text,
  actor_api_only boolean,
  details jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX activities_created_at ON activities (created_at, id);
CREATE INDEX activities_type ON activities (type, id);
CREATE INDEX activities_host_id ON activities (((details->>'host_id')::bigint), id) WHERE details ? 'host_id';

-- Kept readable, unlike every other secret: administrators must be able to copy it to new devices, and it permits nothing but
-- to enrol.
CREATE TABLE enroll_secrets (
  secret text PRIMARY KEY,
  created_at timestamptz NOT NULL DEFAULT now()
);
