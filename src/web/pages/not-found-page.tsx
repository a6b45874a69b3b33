import { buttonClass } from "../ui/button.tsx";
import { Nothing } from "../parts/answers.tsx";
import { A } from "../parts/link.tsx";
import { PageHead } from "../parts/page.tsx";
import { paths } from "../paths.ts";

export function NotFoundPage() {
  return (
    <>
      <PageHead title="No such page" />
      <Nothing
        title="This address leads nowhere"
        action={
          <A href={paths.dashboard()} className={buttonClass("primary")}>
            To the dashboard
          </A>
        }
      >
        <p>The link may be mistyped, or from a version of Muster that had this page. Search (Ctrl K) finds what still exists.</p>
      </Nothing>
    </>
  );
}
