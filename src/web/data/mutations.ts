import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "#client/api.ts";
import type { CallInput } from "#client/client.ts";
import { inBatches } from "./batches.ts";
import { client } from "./client.ts";

type BodyOf<N extends keyof typeof api> =
  CallInput<NonNullable<(typeof api)[N]["endpoint"]>> extends { body: infer B } ? B : never;

const DELETE_BATCH = 1000; // the most ids that one call takes
const REFETCH_AT_ONCE = 6;

/** Asks devices for a full report now. There is no call for many, so a few run side by side. */
export function useRefetchHosts() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (ids: readonly number[]) => {
      await inBatches(ids, REFETCH_AT_ONCE, (batch) =>
        Promise.all(batch.map((id) => client.call(api.refetchHost, { params: { id } }))),
      );
    },
    onSettled: () =>
      Promise.all([queries.invalidateQueries({ queryKey: ["host"] }), queries.invalidateQueries({ queryKey: ["hosts"] })]),
  });
}

export function useDeleteHosts() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (ids: readonly number[]) => {
      await inBatches(ids, DELETE_BATCH, (batch) => client.call(api.deleteHosts, { body: { ids: [...batch] } }));
    },
    onSettled: () => queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== "host" && queryKey[0] !== "me" }),
  });
}

/** Replaces the list of enroll secrets. */
export function useApplyEnrollSecrets() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (secrets: { secret: string }[]) => client.call(api.applyEnrollSecrets, { body: { spec: { secrets } } }),
    onSettled: () => queries.invalidateQueries({ queryKey: ["enroll_secrets"] }),
  });
}

export function useCreateUser() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: BodyOf<"createUser">) => client.call(api.createUser, { body }),
    onSettled: () => queries.invalidateQueries({ queryKey: ["users"] }),
  });
}

export function useDeleteUser() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: number) => client.call(api.deleteUser, { params: { id } }),
    onSettled: () => queries.invalidateQueries({ queryKey: ["users"] }),
  });
}

export function useChangePassword(userId: number) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: { password: string; new_password: string }) =>
      client.call(api.updateUser, { params: { id: userId }, body }),
    onSettled: () => queries.invalidateQueries({ queryKey: ["sessions"] }),
  });
}

export function useEndSession() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: number) => client.call(api.deleteSession, { params: { id } }),
    onSettled: () => queries.invalidateQueries({ queryKey: ["sessions"] }),
  });
}
