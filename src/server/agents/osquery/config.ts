import type { OsqueryConfigResponse } from "#protocol/osquery/messages.ts";

/**
 * The configuration of an osquery agent: polls every 10 s (a poll with nothing to do is one indexed read here), sends logs every
 * 10 s. No schedule: everything Muster wants is asked through distributed queries.
 *
 * @param prefix `/api/osquery` or `/api/v1/osquery`, whichever the agent uses
 */
export function osqueryConfig(prefix: string): OsqueryConfigResponse {
  return {
    options: {
      disable_distributed: false,
      distributed_interval: 10,
      distributed_plugin: "tls",
      distributed_tls_max_attempts: 3,
      logger_tls_endpoint: `${prefix}/log`,
      logger_tls_period: 10,
      pack_delimiter: "/",
    },
    decorators: {
      load: ["SELECT uuid AS host_uuid FROM system_info", "SELECT hostname AS hostname FROM system_info"],
    },
  };
}
