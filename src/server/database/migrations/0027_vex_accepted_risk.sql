-- Accepted risks that a document of another Muster tells are accepted here, too, when it is imported.
ALTER TABLE vex_statements DROP CONSTRAINT vex_statements_status_check;
ALTER TABLE vex_statements ADD CONSTRAINT vex_statements_status_check
  CHECK (status IN ('not_affected', 'affected', 'fixed', 'under_investigation', 'false_positive', 'accepted_risk'));
