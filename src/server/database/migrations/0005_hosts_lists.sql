-- What enrolment must remember to tell clones from re-enrolments, what a refetch waits for, and the indexes of the host lists.

ALTER TABLE host_enrollments
  -- when the key was last replaced (a few times at most): many in a short time mean that two machines steal it from each other
  ADD COLUMN key_replaced_at timestamptz[] NOT NULL DEFAULT '{}',
  -- installations that held this enrolment before: one that comes back while its successor lives is a clone
  ADD COLUMN former_marks text[] NOT NULL DEFAULT '{}',
  ADD COLUMN conflict_reported_at timestamptz,
  -- the sources that the agent named when it learnt of a refetch; the refetch is done when all of them arrived
  ADD COLUMN refetch_sources text[];

