import { createClient } from "#client/client.ts";

/** Calls this site's own API with the session cookie. */
export const client = createClient({ baseUrl: "" });
