import { keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "#client/api.ts";
import type { CallInput } from "#client/client.ts";
import { client } from "./client.ts";

type VexQuery = CallInput<NonNullable<(typeof api.listVexDocuments)["endpoint"]>> extends { query: infer Q } ? Q : never;

export function vexDocumentsQuery(query: VexQuery) {
  return queryOptions({
    queryKey: ["vulnerabilities", "vex", query],
    queryFn: ({ signal }) => client.call(api.listVexDocuments, { query, signal }),
    placeholderData: keepPreviousData,
  });
}

/** Takes a VEX document; what it says counts at once. */
export function useImportVex() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (file: File) => {
      const document: unknown = JSON.parse(await file.text());
      return await client.call(api.importVex, { body: { name: file.name, document } });
    },
    onSettled: () => queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== "me" }),
  });
}

export function useDeleteVex() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: number) => client.call(api.deleteVexDocument, { params: { id } }),
    onSettled: () => queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== "me" }),
  });
}
