import { Type } from "typebox";

/** The body of every REST error (reference fleet-rest-api.md §1.1). */
export const ErrorBody = Type.Object(
  {
    message: Type.String({ description: "The kind of failure in words, for example `Validation Failed`." }),
    errors: Type.Array(
      Type.Object({
        name: Type.String({ description: "The field at fault, or `base`." }),
        reason: Type.String({ description: "What is wrong and what to do." }),
      }),
    ),
    uuid: Type.String({ description: "Names this failure in the server's log." }),
  },
  { $id: "Error" },
);
export type ErrorBody = Type.Static<typeof ErrorBody>;
