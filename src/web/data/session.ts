import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { api } from "#client/api.ts";
import { paths } from "../paths.ts";
import { client } from "./client.ts";
import { meQuery } from "./queries.ts";

/** Ends the session here and on the server, and forgets everything that was fetched with it. */
export function useLogOut() {
  const queries = useQueryClient();
  const router = useRouter();
  return useMutation({
    mutationFn: () => client.call(api.logout),
    onSettled: () => {
      queries.clear();
      router.history.push(paths.login());
    },
    meta: { anonymous: true },
  });
}

export interface Credentials {
  email: string;
  password: string;
}

/** Logs in; afterwards the session cookie answers for every call. */
export function useLogIn(onDone: () => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: Credentials) => client.call(api.login, { body }),
    onSuccess: ({ token: _token, ...me }) => {
      queries.setQueryData(meQuery.queryKey, me);
      onDone();
    },
    meta: { anonymous: true },
  });
}

/** Creates the first administrator with the code that the server printed, and logs in. */
export function useSetUp(onDone: () => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: { setup_code: string; name: string; email: string; password: string }) => client.call(api.setup, { body }),
    onSuccess: ({ token: _token, ...me }) => {
      queries.removeQueries({ queryKey: ["setup"] });
      queries.setQueryData(meQuery.queryKey, me);
      onDone();
    },
    meta: { anonymous: true },
  });
}
