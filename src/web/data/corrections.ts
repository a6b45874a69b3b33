import { keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "#client/api.ts";
import type { TitleCorrectionRequest } from "#protocol/rest/title-corrections.ts";
import { client } from "./client.ts";

export type CorrectionRequest = TitleCorrectionRequest;

/** What a correction would change; asked again whenever the request changes. */
export function correctionPreviewQuery(correction: CorrectionRequest) {
  return queryOptions({
    queryKey: ["software", "corrections", "preview", correction],
    queryFn: ({ signal }) => client.call(api.previewTitleCorrection, { body: { correction }, signal }),
    placeholderData: keepPreviousData,
    retry: false,
  });
}

export function correctionsQuery(query: { title_id?: number; per_page?: number; page?: number }) {
  return queryOptions({
    queryKey: ["software", "corrections", query],
    queryFn: ({ signal }) => client.call(api.listTitleCorrections, { query, signal }),
    placeholderData: keepPreviousData,
  });
}

/** Makes a correction; all software lists are asked again afterwards. */
export function useCorrectTitles() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (correction: CorrectionRequest) => client.call(api.correctTitles, { body: { correction } }),
    onSettled: () => queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== "me" }),
  });
}

export function useUndoCorrection() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: number) => client.call(api.undoTitleCorrection, { params: { id } }),
    onSettled: () => queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== "me" }),
  });
}
