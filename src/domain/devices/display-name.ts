/** The name by which people know a host: its computer name, else its hostname, else `Device <id>`. */
export function hostDisplayName(host: { id: number; computer_name: string; hostname: string }): string {
  return host.computer_name || host.hostname || `Device ${host.id}`;
}
