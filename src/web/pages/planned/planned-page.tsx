import { useRouterState } from "@tanstack/react-router";
import { PLANNED_WORDS } from "../../parts/frame/places.ts";
import { Nothing } from "../../parts/answers.tsx";
import { PageHead } from "../../parts/page.tsx";
import { PLANNED } from "../../paths.ts";

/** An area that is not built yet says what it will hold, and nothing more. */
export function PlannedPage() {
  const pathname = useRouterState({ select: (state) => state.location.pathname });
  const area = PLANNED.find((a) => pathname === `/${a}`) ?? "library";
  const { label, promise } = PLANNED_WORDS[area];
  return (
    <>
      <PageHead title={label} />
      <Nothing title="Not built yet">
        <p>{promise}</p>
      </Nothing>
    </>
  );
}
