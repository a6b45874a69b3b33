import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { obstaclesIn, PLACES } from "./placement.ts";

const SCHEMA = readFileSync(resolve(import.meta.dirname, "../../src/server/database/schema.sql"), "utf8");

test("every table of the schema has a place, and what stands against it is what decision 0008 names", () => {
  const obstacles = obstaclesIn(SCHEMA).filter(({ what }) => what !== "host_id of another type");
  expect(obstacles.map(({ table, what, name }) => `${table}: ${what}: ${name}`)).toEqual([
    "host_enrollments: unique without host_id: host_enrollments_agent_identifier_key",
    "host_enrollments: unique without host_id: host_enrollments_node_key_hash_key",
    "host_enrollments: unique without host_id: host_enrollments_pkey",
    "host_software: local partitions: HASH (host_id)",
    "host_software_history: local partitions: HASH (host_id)",
    "label_host_changes: unique without host_id: label_host_changes_pkey",
    "label_membership: trigger: label_members_joined",
    "label_membership: trigger: label_members_left",
    "software: trigger: software_deleted",
    "software: trigger: software_names_inserted",
    "software: trigger: software_names_updated",
    "software: trigger: software_truncated",
    "software_count_changes: unique without host_id: software_count_changes_pkey",
  ]);
});

test("a table of hosts must not point, nor be unique, beyond its host", () => {
  const schema = `
CREATE TABLE people (
  id bigint NOT NULL,
  CONSTRAINT people_pkey PRIMARY KEY (id)
);
CREATE TABLE hosts (
  id integer NOT NULL,
  CONSTRAINT hosts_pkey PRIMARY KEY (id)
);
CREATE TABLE host_users (
  host_id integer NOT NULL,
  name text NOT NULL,
  person_id bigint,
  CONSTRAINT host_users_pkey PRIMARY KEY (host_id, name),
  CONSTRAINT host_users_host_id_fkey FOREIGN KEY (host_id) REFERENCES hosts(id) ON DELETE CASCADE,
  CONSTRAINT host_users_person_id_fkey FOREIGN KEY (person_id) REFERENCES people(id)
);
CREATE UNIQUE INDEX host_users_person ON public.host_users USING btree (person_id);
`;
  const places = { hosts: "host", host_users: "host", people: "coordinator" } as const;
  expect(obstaclesIn(schema, places)).toEqual([
    { table: "host_users", what: "key to a table elsewhere", name: "host_users_person_id_fkey" },
    { table: "host_users", what: "unique without host_id", name: "host_users_person" },
  ]);
  expect(obstaclesIn(schema, { ...places, people: "reference" })).toEqual([
    { table: "host_users", what: "unique without host_id", name: "host_users_person" },
  ]);
});

test("a table without a place is refused, and so is a place without a table", () => {
  const { hosts: _hosts, ...others } = PLACES;
  expect(() => obstaclesIn(SCHEMA, others)).toThrow("says no place for hosts");
  expect(() => obstaclesIn(SCHEMA, { ...PLACES, ghosts: "host" })).toThrow("places ghosts, which the schema does not have");
});
