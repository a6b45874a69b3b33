import { Button } from "../ui/button.tsx";
import { RefreshIcon } from "../ui/icons.ts";
import { SkeletonTable } from "../ui/skeleton.tsx";
import { explain, Nothing } from "../parts/answers.tsx";
import { useTitle } from "../parts/page.tsx";
import { Bare } from "../ui/bare.tsx";

/** A page whose code or first answer is on its way. */
export function PagePending() {
  return (
    <div role="status" aria-label="Loading the page">
      <SkeletonTable />
    </div>
  );
}

/** A page that could not be shown at all. */
export function PageFailure({ error, reset }: { error: unknown; reset: () => void }) {
  useTitle("Not shown");
  return (
    <Bare>
      <Nothing
        title="This page could not be shown"
        action={
          <Button
            look="primary"
            icon={RefreshIcon}
            onClick={() => {
              reset();
              window.location.reload();
            }}
          >
            Reload
          </Button>
        }
      >
        <p>{explain(error)}</p>
        <p>Nothing was changed.</p>
      </Nothing>
    </Bare>
  );
}
