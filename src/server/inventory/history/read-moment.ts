import { badRequest } from "../../http/errors.ts";

/**
 * Reads a time of a query. RFC 3339 allows times that no calendar has (the year 0, a second 60).
 *
 * @throws {HttpError} 400 for such a time
 */
export function readMoment(name: string, text: string): Date {
  const time = new Date(text);
  if (Number.isNaN(time.getTime()) || time.getUTCFullYear() < 1) throw badRequest(name, "There is no such time.");
  return time;
}

/**
 * Reads the moment that a question is about.
 *
 * @throws {HttpError} 400 for one that is not past
 */
export function readPastMoment(name: string, text: string, now: Date): Date {
  const time = readMoment(name, text);
  if (time > now) throw badRequest(name, "It lies in the future: ask for a moment that is past, or leave it out.");
  return time;
}
