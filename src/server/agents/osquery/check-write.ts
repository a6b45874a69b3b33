import { OsqueryWriteRequest } from "#protocol/osquery/messages.ts";
import { valueChecker } from "../json-body.ts";

/** Checks the parsed body of a distributed write. @throws {HttpError} 400 that names the field */
export const checkWrite = valueChecker(OsqueryWriteRequest);
