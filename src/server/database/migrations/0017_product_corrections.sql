-- What administrators say of software's identity: "this is that product", "this is not that product". Undone ones stay, as history.
CREATE TABLE product_corrections (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('is', 'is_not')),
  -- vendor:product of CPE names; of an is_not without any: none at all
  products text[] NOT NULL,
  -- exactly one of the three says which software
  software_id integer,
  title_id integer,
  -- `*` and `?` stand for any characters and for one, over names without version and architecture
  name_pattern text,
  -- with a name pattern: only of this source
  source text,
  edition text,
  version_transform text,
  -- its name when the correction was made
  software_name text NOT NULL,
  reason text NOT NULL,
  software_count integer NOT NULL DEFAULT 0,
  hosts_count integer NOT NULL DEFAULT 0,
  author_id integer,
  author_full_name text,
  created_at timestamptz NOT NULL DEFAULT now(),
  undone_at timestamptz,
  undone_by text,
  CHECK (num_nonnulls(software_id, title_id, name_pattern) = 1),
  CHECK (kind = 'is_not' OR cardinality(products) > 0)
);
CREATE INDEX product_corrections_in_force ON product_corrections (id) WHERE undone_at IS NULL;
