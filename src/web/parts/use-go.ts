import { useRouter } from "@tanstack/react-router";
import { useCallback } from "react";

interface GoOptions {
  /** The present address leaves no trace in the history: for what is typed or ticked step by step. */
  replace?: boolean;
  /** The page stays where it is scrolled to: for what opens or changes in place. `replace` implies it. */
  keepScroll?: boolean;
}

/** Goes to an address of `paths`. */
export function useGo(): (href: string, options?: GoOptions) => void {
  const router = useRouter();
  return useCallback(
    (href, { replace = false, keepScroll = replace } = {}) => void router.navigate({ href, replace, resetScroll: !keepScroll }),
    [router],
  );
}
