import { keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "#client/api.ts";
import type { CallInput } from "#client/client.ts";
import type { ProductCorrectionRequest } from "#protocol/rest/product-identities.ts";
import { client } from "./client.ts";

type QueryOf<N extends keyof typeof api> =
  CallInput<NonNullable<(typeof api)[N]["endpoint"]>> extends { query: infer Q } ? Q : never;
export type UnidentifiedQuery = QueryOf<"listUnidentifiedSoftware">;

export function unidentifiedQuery(query: UnidentifiedQuery) {
  return queryOptions({
    queryKey: ["software", "unidentified", query],
    queryFn: ({ signal }) => client.call(api.listUnidentifiedSoftware, { query, signal }),
    placeholderData: keepPreviousData,
  });
}

export function productCorrectionsQuery(query: QueryOf<"listProductCorrections">) {
  return queryOptions({
    queryKey: ["software", "product_corrections", query],
    queryFn: ({ signal }) => client.call(api.listProductCorrections, { query, signal }),
    placeholderData: keepPreviousData,
  });
}

export const productCatalogueQuery = queryOptions({
  queryKey: ["software", "product_catalogue"],
  queryFn: ({ signal }) => client.call(api.getProductCatalogue, { signal }),
});

/** What a title is taken for, and the corrections that hold for it. */
export function titleIdentityQuery(id: number) {
  return queryOptions({
    queryKey: ["software", "product_identity", id],
    queryFn: ({ signal }) => client.call(api.getTitleIdentity, { params: { id }, signal }),
  });
}

/** Software and findings that a correction would change; asked again whenever the correction changes. */
export function productPreviewQuery(correction: ProductCorrectionRequest) {
  return queryOptions({
    queryKey: ["software", "product_corrections", "preview", correction],
    queryFn: ({ signal }) => client.call(api.previewProductCorrection, { body: { correction }, signal }),
    placeholderData: keepPreviousData,
    retry: false,
  });
}

/** Says which product software is; what counts vulnerabilities is asked again afterwards. */
export function useCorrectProduct() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (correction: ProductCorrectionRequest) => client.call(api.createProductCorrection, { body: { correction } }),
    onSettled: () => queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== "me" }),
  });
}

export function useUndoProductCorrection() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: number) => client.call(api.undoProductCorrection, { params: { id } }),
    onSettled: () => queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== "me" }),
  });
}
