import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "#client/api.ts";
import type { CallInput } from "#client/client.ts";
import { inBatches } from "./batches.ts";
import { client } from "./client.ts";

type BodyOf<N extends keyof typeof api> =
  CallInput<NonNullable<(typeof api)[N]["endpoint"]>> extends { body: infer B } ? B : never;

const HOSTS_PER_CALL = 10_000;

/** Everything that names labels or lists hosts by them is asked again. */
function useLabelsChanged(): () => Promise<void> {
  const queries = useQueryClient();
  return () =>
    queries.invalidateQueries({ predicate: ({ queryKey }) => ["labels", "hosts", "host"].includes(String(queryKey[0])) });
}

/** Makes a label, or changes the one with `id`. */
export function useSaveLabel(id: number | null) {
  const onSettled = useLabelsChanged();
  return useMutation({
    mutationFn: async (body: BodyOf<"createLabel">) => {
      if (id === null) return (await client.call(api.createLabel, { body })).label;
      const { name, description, criteria } = body;
      const change = {
        name,
        ...(description === undefined ? {} : { description }),
        ...(criteria === undefined ? {} : { criteria }),
      };
      return (await client.call(api.updateLabel, { params: { id }, body: change })).label;
    },
    onSettled,
  });
}

export function useDeleteLabel() {
  const onSettled = useLabelsChanged();
  return useMutation({
    mutationFn: (id: number) => client.call(api.deleteLabelById, { params: { id } }),
    onSettled,
  });
}

/** Puts hosts into a manual label, or takes them out. */
export function useChangeLabelHosts() {
  const onSettled = useLabelsChanged();
  return useMutation({
    mutationFn: async ({ id, hostIds, member }: { id: number; hostIds: readonly number[]; member: boolean }) => {
      await inBatches(hostIds, HOSTS_PER_CALL, (batch) =>
        client.call(api.changeLabelHosts, { params: { id }, body: member ? { add: [...batch] } : { remove: [...batch] } }),
      );
    },
    onSettled,
  });
}

export function useSaveCollection() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: BodyOf<"putCollectionSettings">) => client.call(api.putCollectionSettings, { body }),
    onSettled: () => queries.invalidateQueries({ queryKey: ["collection_settings"] }),
  });
}

export function useSaveConfig() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: BodyOf<"updateConfig">) => client.call(api.updateConfig, { body }),
    onSettled: () => queries.invalidateQueries({ queryKey: ["config"] }),
  });
}
