import { ApiError } from "#client/client.ts";
import { api } from "#client/api.ts";
import type { HostDetail } from "#protocol/rest/hosts.ts";
import type { Connection } from "../connection.ts";
import { CliError, EXIT } from "../exit-codes.ts";

/** A number is an ID first; a device whose serial number looks like one is still found by it. */
export async function findHost({ call }: Pick<Connection, "call">, host: string): Promise<HostDetail> {
  const query = { exclude_software: true };
  if (/^[1-9]\d{0,14}$/.test(host)) {
    try {
      return hostOf(await call(api.getHost, { params: { id: Number(host) }, query }));
    } catch (error) {
      if (!(error instanceof CliError && error.cause instanceof ApiError && error.cause.status === 404)) throw error;
    }
  }
  return hostOf(await call(api.getHostByIdentifier, { params: { identifier: host }, query }));
}

function hostOf(answer: { host?: HostDetail }): HostDetail {
  if (answer.host === undefined)
    throw new CliError(EXIT.failure, "The answer is no device: is this the address of a Muster server?");
  return answer.host;
}
