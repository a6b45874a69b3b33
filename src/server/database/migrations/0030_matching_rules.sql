-- Of which rules of matching the findings are: where other ones are installed, everything is matched again.
ALTER TABLE catalogue_state ADD COLUMN matching_rules integer NOT NULL DEFAULT 0;
