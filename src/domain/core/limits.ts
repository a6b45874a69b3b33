/** Bounds on everything that comes from outside. Units are in the names; a caller past a bound gets an error that names it. */

/** Software rows in one host's report, over all sources. The largest real image has 3,184. */
export const SOFTWARE_ROWS_PER_REPORT_MAX = 50_000;
/** Body of an agent's report, after decompression. A distributed write of osquery is typically 0.1–3 MB. */
export const AGENT_BODY_BYTES_MAX = 64 * 1024 * 1024;
/** Body of any REST call that is not an upload. */
export const REST_BODY_BYTES_MAX = 1024 * 1024;
export const PER_PAGE_DEFAULT = 100;
export const PER_PAGE_MAX = 1000;
/** Length of a search text. */
export const QUERY_LENGTH_MAX = 255;
