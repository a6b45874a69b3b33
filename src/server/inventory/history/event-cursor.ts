import { badRequest } from "../../http/errors.ts";

/** The place of an event in a timeline, newest first: its time in microseconds since 1970, its host, its software. */
export interface EventCursor {
  micros: string;
  host_id: number;
  software_id: number;
}

/** The text of a place in a timeline. Clients take it from `meta.next_cursor` and pass it as `after`. */
export function formatEventCursor({ micros, host_id, software_id }: EventCursor): string {
  return `${micros}-${host_id}-${software_id}`;
}

/** @throws {HttpError} 400 for a text that no page gave. */
export function parseEventCursor(text: string | undefined): EventCursor | null {
  if (text === undefined) return null;
  const [, micros, host, software] = /^(\d{1,17})-(\d{1,15})-(\d{1,15})$/.exec(text) ?? [];
  if (micros === undefined) throw badRequest("after", "Not a cursor of this list: take it from meta.next_cursor.");
  return { micros, host_id: Number(host), software_id: Number(software) };
}
