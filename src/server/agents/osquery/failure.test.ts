import { expect, test } from "vitest";
import { HostGoneError } from "../../inventory/link-host.ts";
import { failureOf } from "./failure.ts";

test("an unexpected error tells the agent to come back, and nothing of the server", () => {
  expect(failureOf(new Error("connection to 10.0.0.5 refused"))).toEqual({
    status: 500,
    body: { error: "The server failed; send it again later." },
    retryAfterSeconds: null,
  });
  expect(failureOf(Object.assign(new Error("x"), { statusCode: 413 })).status).toBe(413);
});

test("an agent whose host was deleted meanwhile enrols again", () => {
  expect(failureOf(new HostGoneError("host 7 was deleted"))).toMatchObject({ status: 401, body: { node_invalid: true } });
});
