import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { beingCounted } from "#client/being-counted.ts";
import { ApiError } from "#client/client.ts";

/** The session is over (or never was): every call of a signed-in page answers 401. */
export function isSessionEnd(error: unknown): boolean {
  return error instanceof ApiError && error.status === 401;
}

/**
 * A refusal (4xx) stays one however often it is asked; only an unreachable or broken server is asked again. What is being counted is asked
 * for until it is there.
 */
function worthAnotherTry(failures: number, error: Error): boolean {
  if (beingCounted(error) !== null) return true;
  if (error instanceof ApiError && error.status >= 400 && error.status < 500) return false;
  return failures < 2;
}

function tryAgainAfterMs(failures: number, error: Error): number {
  const counting = beingCounted(error);
  return counting === null ? 1_000 * 2 ** failures : counting.retryAfterSeconds * 1_000;
}

export function createQueryClient(onSessionEnd: () => void): QueryClient {
  const watch = (error: unknown) => {
    if (isSessionEnd(error)) onSessionEnd();
  };
  return new QueryClient({
    queryCache: new QueryCache({ onError: (error, query) => query.meta?.["anonymous"] !== true && watch(error) }),
    mutationCache: new MutationCache({
      onError: (error, _variables, _result, mutation) => mutation.meta?.["anonymous"] !== true && watch(error),
    }),
    defaultOptions: {
      queries: { staleTime: 5_000, retry: worthAnotherTry, retryDelay: tryAgainAfterMs },
      mutations: { retry: false },
    },
  });
}
