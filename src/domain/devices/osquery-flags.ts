/** What an osqueryd must be told to report to this server. */
export interface OsqueryTarget {
  /** Host name or address, with its port unless it is 443: `muster.example.org`, `10.0.0.5:8443`, `[2001:db8::1]:8443`. */
  tls_hostname: string;
  /** Where the CA certificate lies on the device; null when a public authority signed the server's certificate. */
  tls_server_certs: string | null;
  /** Where the enroll secret lies on the device, readable by root alone. */
  enroll_secret_path: string;
}

/**
 * The complete flags with which a stock osqueryd enrols and reports (reference osquery-remote.md §7), one a line of a flag file.
 * One list for the command line, the web UI and the tests, so that what people copy is what was tested.
 */
export function osqueryFlags(target: OsqueryTarget): string[] {
  return [
    `--tls_hostname=${target.tls_hostname}`,
    ...(target.tls_server_certs === null ? [] : [`--tls_server_certs=${target.tls_server_certs}`]),
    `--enroll_secret_path=${target.enroll_secret_path}`,
    "--host_identifier=uuid",
    "--enroll_tls_endpoint=/api/osquery/enroll",
    "--config_plugin=tls",
    "--config_tls_endpoint=/api/osquery/config",
    "--config_refresh=60",
    "--logger_plugin=tls",
    "--logger_tls_endpoint=/api/osquery/log",
    "--logger_tls_period=10",
    "--disable_distributed=false",
    "--distributed_plugin=tls",
    "--distributed_interval=10",
    "--distributed_tls_max_attempts=3",
    "--distributed_tls_read_endpoint=/api/osquery/distributed/read",
    "--distributed_tls_write_endpoint=/api/osquery/distributed/write",
  ];
}

/** The `tls_hostname` of a server's address: host and port, without the scheme. */
export function tlsHostname(serverUrl: string): string {
  return serverUrl.replace(/^https?:\/\//, "").replace(/\/.*$/, "");
}
