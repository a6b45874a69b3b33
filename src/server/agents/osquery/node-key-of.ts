import type { OsqueryNodeRequest } from "#protocol/osquery/messages.ts";

/** The key that a call carries: in its body, or in the header of newer agents where the body has none. */
export function nodeKeyOf(body: OsqueryNodeRequest, authorization: string | undefined): string | undefined {
  return body.node_key || /^NodeKey\s+(\S+)$/i.exec(authorization ?? "")?.[1];
}
