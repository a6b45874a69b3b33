import { keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "#client/api.ts";
import type { CallInput } from "#client/client.ts";
import { client } from "./client.ts";

type InputOf<N extends keyof typeof api> = CallInput<NonNullable<(typeof api)[N]["endpoint"]>>;
export type NewRule = InputOf<"createNotificationRule"> extends { body: infer B } ? B : never;
export type RuleChange = InputOf<"updateNotificationRule"> extends { body: infer B } ? B : never;
type DeliveriesQuery = InputOf<"listNotificationDeliveries"> extends { query: infer Q } ? Q : never;

const KEY = ["notifications"] as const;

export const notificationRulesQuery = queryOptions({
  queryKey: [...KEY, "rules"],
  queryFn: async ({ signal }) => (await client.call(api.listNotificationRules, { signal })).rules,
});

export function deliveriesQuery(query: DeliveriesQuery) {
  return queryOptions({
    queryKey: [...KEY, "deliveries", query],
    queryFn: ({ signal }) => client.call(api.listNotificationDeliveries, { query, signal }),
    placeholderData: keepPreviousData,
  });
}

function useNotificationsChanged(): () => Promise<void> {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: KEY });
}

/** Makes a rule; the answer has the secret that was made for a webhook, the one time it can be seen. */
export function useCreateRule() {
  return useMutation({
    mutationFn: (body: NewRule) => client.call(api.createNotificationRule, { body }),
    onSettled: useNotificationsChanged(),
  });
}

export function useUpdateRule(id: number) {
  return useMutation({
    mutationFn: (body: RuleChange) => client.call(api.updateNotificationRule, { params: { id }, body }),
    onSettled: useNotificationsChanged(),
  });
}

export function useDeleteRule() {
  return useMutation({
    mutationFn: (id: number) => client.call(api.deleteNotificationRule, { params: { id } }),
    onSettled: useNotificationsChanged(),
  });
}

/** Sends a message without vulnerabilities; the log tells how its delivery went. */
export function useTestRule() {
  return useMutation({
    mutationFn: (id: number) => client.call(api.testNotificationRule, { params: { id } }),
    onSettled: useNotificationsChanged(),
  });
}

export function useReplay() {
  return useMutation({
    mutationFn: (id: number) => client.call(api.replayNotification, { params: { id } }),
    onSettled: useNotificationsChanged(),
  });
}
