import fc from "fast-check";
import { expect, it } from "vitest";
import { Catalogue, countHolding, Counts, Holdings, readIds } from "./tally.ts";

const id = fc.integer({ min: 1, max: 2_147_483_647 });

it("reads ids as they were written", () => {
  fc.assert(
    fc.property(fc.array(id), (ids) => {
      expect(readIds(ids.join(","))).toEqual(ids);
    }),
  );
});

/** Software of few titles (0: a title that does not exist), and hosts that hold some of it or of what does not exist. */
const fleets = fc.record({
  software: fc.uniqueArray(fc.record({ id, title: fc.nat({ max: 4 }) }), { selector: (row) => row.id, maxLength: 12 }),
  hosts: fc.array(fc.uniqueArray(fc.nat({ max: 14 }), { maxLength: 15 }), { maxLength: 8 }),
});

it("counts hosts by software and by title as sets of hosts would", () => {
  fc.assert(
    fc.property(fleets, ({ software, hosts }) => {
      const catalogue = new Catalogue();
      for (const row of software) catalogue.add({ id: row.id, source: "apps", title_id: row.title === 0 ? null : row.title });
      const held = hosts.map((places) => places.map((place) => software[place]?.id ?? -place));
      const counts = new Counts(catalogue);
      const holdings = new Holdings(catalogue);
      for (const ids of held) {
        const holding = holdings.resolve(ids);
        expect(holding.unknown).toEqual(ids.filter((one) => one <= 0));
        countHolding(counts, holding);
      }
      const real = catalogue.softwareIds.map((one) => held.filter((ids) => ids.includes(one)).length);
      expect([...counts.software]).toEqual(real);
      const ofTitle = (title: number) => new Set(software.filter((row) => row.title === title).map((row) => row.id));
      const titles = catalogue.titleIds.map((title) => held.filter((ids) => ids.some((one) => ofTitle(title).has(one))).length);
      expect([...counts.titles]).toEqual(titles);
    }),
  );
});
