import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api } from "#client/api.ts";
import type { CallInput } from "#client/client.ts";
import { client } from "./client.ts";

type QueryOf<N extends keyof typeof api> =
  CallInput<NonNullable<(typeof api)[N]["endpoint"]>> extends { query: infer Q } ? Q : never;
export type HostsQuery = QueryOf<"listHosts">;
export type HostSoftwareQuery = QueryOf<"listHostSoftware">;
export type TitlesQuery = QueryOf<"listSoftwareTitles">;
export type VersionsQuery = QueryOf<"listSoftwareVersions">;
export type OsVersionsQuery = QueryOf<"listOsVersions">;
export type ActivitiesQuery = QueryOf<"listActivities">;

/** How often what lives is asked again, in milliseconds; slower when nobody watches (React Query stops in hidden tabs). */
export const LIVE = { arrival: 2_000, progress: 2_000, device: 10_000, dashboard: 10_000, list: 15_000 } as const;

export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: ({ signal }) => client.call(api.me, { signal }),
  staleTime: 60_000,
  meta: { anonymous: true },
});

export const setupQuery = queryOptions({
  queryKey: ["setup"],
  queryFn: ({ signal }) => client.call(api.setupStatus, { signal }),
  staleTime: 0,
});

export const serverVersionQuery = queryOptions({
  queryKey: ["version"],
  queryFn: ({ signal }) => client.call(api.version, { signal }),
  staleTime: 300_000,
});

export const hostSummaryQuery = queryOptions({
  queryKey: ["hosts", "summary"],
  queryFn: ({ signal }) => client.call(api.hostSummary, { query: {}, signal }),
});

export function hostsQuery(query: HostsQuery) {
  return queryOptions({
    queryKey: ["hosts", "list", query],
    queryFn: ({ signal }) => client.call(api.listHosts, { query, signal }),
    placeholderData: keepPreviousData,
  });
}

/** Only the filters count; paging and order are left out so that turning a page does not count again. */
export function hostCountQuery({ page: _1, per_page: _2, after: _3, order_key: _4, order_direction: _5, ...query }: HostsQuery) {
  return queryOptions({
    queryKey: ["hosts", "count", query],
    queryFn: ({ signal }) => client.call(api.countHosts, { query, signal }),
    placeholderData: keepPreviousData,
  });
}

export function hostQuery(id: number) {
  return queryOptions({
    queryKey: ["host", id],
    queryFn: async ({ signal }) =>
      (await client.call(api.getHost, { params: { id }, query: { exclude_software: true }, signal })).host,
  });
}

export function hostSoftwareQuery(id: number, query: HostSoftwareQuery) {
  return queryOptions({
    queryKey: ["host", id, "software", query],
    queryFn: ({ signal }) => client.call(api.listHostSoftware, { params: { id }, query, signal }),
    placeholderData: keepPreviousData,
  });
}

export type HostHistoryQuery = QueryOf<"hostSoftwareHistory">;
export type TitleHistoryQuery = QueryOf<"softwareTitleHistory">;
export type TitleHostsQuery = QueryOf<"softwareTitleHosts">;
export type UnusedQuery = QueryOf<"listUnusedSoftware">;

export function hostHistoryQuery(id: number, query: HostHistoryQuery) {
  return queryOptions({
    queryKey: ["host", id, "history", query],
    queryFn: ({ signal }) => client.call(api.hostSoftwareHistory, { params: { id }, query, signal }),
    placeholderData: keepPreviousData,
  });
}

export function titleHistoryQuery(id: number, query: TitleHistoryQuery) {
  return queryOptions({
    queryKey: ["software", "title", id, "history", query],
    queryFn: ({ signal }) => client.call(api.softwareTitleHistory, { params: { id }, query, signal }),
    placeholderData: keepPreviousData,
  });
}

export function titleHostsQuery(id: number, query: TitleHostsQuery) {
  return queryOptions({
    queryKey: ["software", "title", id, "hosts", query],
    queryFn: ({ signal }) => client.call(api.softwareTitleHosts, { params: { id }, query, signal }),
    placeholderData: keepPreviousData,
  });
}

export function adoptionQuery(id: number, query: QueryOf<"softwareTitleAdoption">) {
  return queryOptions({
    queryKey: ["software", "title", id, "adoption", query],
    queryFn: ({ signal }) => client.call(api.softwareTitleAdoption, { params: { id }, query, signal }),
    placeholderData: keepPreviousData,
  });
}

export function unusedQuery(query: UnusedQuery) {
  return queryOptions({
    queryKey: ["software", "unused", query],
    queryFn: ({ signal }) => client.call(api.listUnusedSoftware, { query, signal }),
    placeholderData: keepPreviousData,
  });
}

export function titlesQuery(query: TitlesQuery) {
  return queryOptions({
    queryKey: ["software", "titles", query],
    queryFn: ({ signal }) => client.call(api.listSoftwareTitles, { query, signal }),
    placeholderData: keepPreviousData,
  });
}

export function titleQuery(id: number) {
  return queryOptions({
    queryKey: ["software", "title", id],
    queryFn: async ({ signal }) => (await client.call(api.getSoftwareTitle, { params: { id }, signal })).software_title,
  });
}

export function versionsQuery(query: VersionsQuery) {
  return queryOptions({
    queryKey: ["software", "versions", query],
    queryFn: ({ signal }) => client.call(api.listSoftwareVersions, { query, signal }),
    placeholderData: keepPreviousData,
  });
}

export function softwareVersionQuery(id: number) {
  return queryOptions({
    queryKey: ["software", "version", id],
    queryFn: async ({ signal }) => (await client.call(api.getSoftwareVersion, { params: { id }, query: {}, signal })).software,
  });
}

export function osVersionsQuery(query: OsVersionsQuery) {
  return queryOptions({
    queryKey: ["os_versions", query],
    queryFn: ({ signal }) => client.call(api.listOsVersions, { query, signal }),
    placeholderData: keepPreviousData,
  });
}

export function osVersionQuery(id: number) {
  return queryOptions({
    queryKey: ["os_version", id],
    queryFn: async ({ signal }) => (await client.call(api.getOsVersion, { params: { id }, query: {}, signal })).os_version,
  });
}

export function activitiesQuery(query: ActivitiesQuery) {
  return queryOptions({
    queryKey: ["activities", query],
    queryFn: ({ signal }) => client.call(api.listActivities, { query, signal }),
    placeholderData: keepPreviousData,
  });
}

export function hostActivitiesQuery(id: number) {
  return queryOptions({
    queryKey: ["activities", "host", id],
    queryFn: ({ signal }) => client.call(api.listHostActivities, { params: { id }, query: {}, signal }),
  });
}

export const enrollSecretsQuery = queryOptions({
  queryKey: ["enroll_secrets"],
  queryFn: async ({ signal }) => (await client.call(api.getEnrollSecrets, { signal })).spec.secrets,
});

export const usersQuery = queryOptions({
  queryKey: ["users"],
  queryFn: ({ signal }) => client.call(api.listUsers, { query: { per_page: 1000 }, signal }),
});

export function sessionsQuery(userId: number) {
  return queryOptions({
    queryKey: ["sessions", userId],
    queryFn: async ({ signal }) => (await client.call(api.listUserSessions, { params: { id: userId }, signal })).sessions,
  });
}
