import type { Answer } from "./connection.ts";

/** @throws {Error} with the beginning of the answer when its status is another. */
export function expectStatus(answer: Answer, status: number): void {
  if (answer.status !== status) throw new Error(`status ${answer.status}: ${answer.body.toString().slice(0, 300)}`);
}

/** The JSON object of a good answer. An `error` key is a failure whatever the status (reference osquery-remote.md §1.1). */
export function parsedAnswer(answer: Answer): object {
  expectStatus(answer, 200);
  const value: unknown = JSON.parse(answer.body.toString());
  if (typeof value !== "object" || value === null || "error" in value) throw new Error(answer.body.toString().slice(0, 300));
  return value;
}

/** @throws {Error} unless the answer is `{}`: nothing to do, or taken. */
export function expectEmpty(answer: Answer): void {
  expectStatus(answer, 200);
  if (answer.body.toString() !== "{}") throw new Error(answer.body.toString().slice(0, 300));
}
