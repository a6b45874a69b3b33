import { VARIABLES } from "#server/config.ts";
import type { Variable } from "#server/config.ts";

/** docs/reference/configuration.md: the environment variables of the server, from the table that reads them. */
export function configurationReference(): string {
  const rows = Object.values(VARIABLES as Record<string, Variable>).map(
    ({ name, fallback, allowed, description }) =>
      `| \`${name}\` | ${fallback === null ? "–" : `\`${fallback}\``} | ${description} | ${allowed} |`,
  );
  return `# Configuration

Muster reads its configuration from environment variables, once, at its start. An empty variable counts as absent. A value that is
not allowed stops the start with a sentence that names the variable and what is allowed.

| Variable | Default | Meaning | Allowed |
|---|---|---|---|
${rows.join("\n")}

This page is made by \`npm run generate\` from \`src/server/config.ts\`.
`;
}
