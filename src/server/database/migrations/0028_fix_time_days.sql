-- How long fixes took, by the day they were made: each day is counted once, when it is over, instead of all of them every day.
CREATE TABLE fix_time_days (
  day date NOT NULL,
  severity text NOT NULL,
  -- from when a host had an open finding until it no longer held the software, rounded
  hours integer NOT NULL,
  fixed_count integer NOT NULL,
  PRIMARY KEY (day, severity, hours)
);
-- days that are counted, those without a fix as well
CREATE TABLE fix_time_days_counted (
  day date PRIMARY KEY,
  counted_at timestamptz NOT NULL
);
