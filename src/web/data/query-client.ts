import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { ApiError } from "#client/client.ts";

/** The session is over (or never was): every call of a signed-in page answers 401. */
export function isSessionEnd(error: unknown): boolean {
  return error instanceof ApiError && error.status === 401;
}

/** A refusal (4xx) stays one however often it is asked; only an unreachable or broken server is asked again. */
function worthAnotherTry(failures: number, error: Error): boolean {
  if (error instanceof ApiError && error.status >= 400 && error.status < 500) return false;
  return failures < 2;
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
      queries: { staleTime: 5_000, retry: worthAnotherTry, retryDelay: (failures) => 1_000 * 2 ** failures },
      mutations: { retry: false },
    },
  });
}
