-- The fleet's exposure over time: one row a day, kept for the plot and for the auditor.
CREATE TABLE exposure_days (
  day date PRIMARY KEY,
  critical integer NOT NULL,
  high integer NOT NULL,
  medium integer NOT NULL,
  low integer NOT NULL,
  -- severity none or unknown
  unknown integer NOT NULL,
  -- of all of them: known to be exploited
  exploited integer NOT NULL,
  -- hosts with at least one critical or exploited one
  hosts_count integer NOT NULL,
  noted_at timestamptz NOT NULL DEFAULT now()
);

-- Exposures that ended: nothing that any host holds has the vulnerability any more.
CREATE TABLE closed_exposures (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  vulnerability_id integer NOT NULL REFERENCES vulnerabilities,
  severity text NOT NULL,
  kev boolean NOT NULL,
  first_seen timestamptz NOT NULL,
  closed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX closed_exposures_closed_at ON closed_exposures (closed_at);
CREATE INDEX closed_exposures_vulnerability_id ON closed_exposures (vulnerability_id, closed_at);
