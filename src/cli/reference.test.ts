import { expect, test } from "vitest";
import { cliReference } from "./reference.ts";

test("the reference has every command, option, variable and exit code", () => {
  const page = cliReference();
  for (const heading of ["## muster get hosts", "## muster get host <host>", "## muster tls", "## Variables", "## Exit codes"]) {
    expect(page).toContain(`\n${heading}\n`);
  }
  expect(page).toContain("| `--platform <list>` |");
  expect(page).toContain("| `MUSTER_TOKEN` |");
  expect(page).toContain("| 5 | the server cannot be reached");
  expect(page).not.toContain("undefined");
});
