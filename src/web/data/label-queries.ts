import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { Criteria } from "#domain/labels/criteria.ts";
import { api } from "#client/api.ts";
import type { CallInput } from "#client/client.ts";
import { client } from "./client.ts";

export type LabelsQuery = CallInput<NonNullable<(typeof api.listLabels)["endpoint"]>> extends { query: infer Q } ? Q : never;

export function labelsQuery(query: LabelsQuery) {
  return queryOptions({
    queryKey: ["labels", "list", query],
    queryFn: ({ signal }) => client.call(api.listLabels, { query, signal }),
    placeholderData: keepPreviousData,
  });
}

/** The names of all labels, for choosing one. */
export const labelNamesQuery = queryOptions({
  queryKey: ["labels", "names"],
  queryFn: async ({ signal }) => (await client.call(api.labelsSummary, { signal })).labels,
});

export function labelQuery(id: number) {
  return queryOptions({
    queryKey: ["labels", "one", id],
    queryFn: async ({ signal }) => (await client.call(api.getLabel, { params: { id }, signal })).label,
  });
}

/** The hosts that criteria would find; the last answer stays while the next one is on its way. */
export function labelPreviewQuery(criteria: Criteria) {
  return queryOptions({
    queryKey: ["labels", "preview", criteria],
    queryFn: ({ signal }) => client.call(api.previewLabel, { body: { criteria }, signal }),
    placeholderData: keepPreviousData,
    retry: false,
  });
}

export const collectionQuery = queryOptions({
  queryKey: ["collection_settings"],
  queryFn: ({ signal }) => client.call(api.getCollectionSettings, { signal }),
});

export const configQuery = queryOptions({
  queryKey: ["config"],
  queryFn: ({ signal }) => client.call(api.getConfig, { signal }),
});
