import { Type } from "typebox";
import { endpoint } from "../endpoint.ts";
import { Empty, Time } from "./paging.ts";

const Secret = Type.Object({ secret: Type.String(), created_at: Time, team_id: Type.Null() });

export const getEnrollSecrets = endpoint({
  method: "GET",
  path: "/spec/enroll_secret",
  permission: "enroll_secret:read",
  tag: "Enrolment",
  summary: "List enroll secrets",
  description: "The secrets with which new devices may enrol.",
  response: Type.Object({ spec: Type.Object({ secrets: Type.Array(Secret) }) }),
});

export const applyEnrollSecrets = endpoint({
  method: "POST",
  path: "/spec/enroll_secret",
  permission: "enroll_secret:write",
  tag: "Enrolment",
  summary: "Replace the enroll secrets",
  description:
    "The given list replaces the present one; hosts that are enrolled stay enrolled. At least one, at most 50 secrets of 16 to 255 characters.",
  body: Type.Object(
    {
      spec: Type.Object(
        {
          secrets: Type.Array(
            Type.Object(
              {
                secret: Type.String({
                  minLength: 16,
                  maxLength: 255,
                  pattern: "^[\\x21-\\x7e]+$",
                  description: "Visible ASCII without spaces.",
                }),
                created_at: Type.Optional(Type.String()),
                team_id: Type.Optional(Type.Null()),
              },
              { additionalProperties: false },
            ),
            { minItems: 1, maxItems: 50 },
          ),
        },
        { additionalProperties: false },
      ),
    },
    { additionalProperties: false },
  ),
  response: Empty,
});
