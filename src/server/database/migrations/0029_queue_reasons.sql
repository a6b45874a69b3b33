-- Why something waits, so that only what depends on it is done.
-- scores_only: no record of it changed, only its EPSS score
ALTER TABLE merge_queue ADD COLUMN scores_only boolean NOT NULL DEFAULT false;
-- hosts_only: the same findings, on other hosts; what lists show of software stays as it is
ALTER TABLE exposure_queue ADD COLUMN hosts_only boolean NOT NULL DEFAULT false;
