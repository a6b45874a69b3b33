-- Attempts to log in, counted where every process sees them; and users without a role.

CREATE TABLE login_limits (
  -- SHA-256 of what is counted (an address, or an account and an address): what strangers type is not kept
  key bytea PRIMARY KEY,
  attempts integer NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX login_limits_expires_at ON login_limits (expires_at);

-- null: may log in and see themselves, nothing else
ALTER TABLE users ALTER COLUMN global_role DROP NOT NULL;
