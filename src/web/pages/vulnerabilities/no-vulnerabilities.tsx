import { useQuery } from "@tanstack/react-query";
import { feedsQuery } from "../../data/vulnerability-queries.ts";
import { Nothing } from "../../parts/answers.tsx";
import { A } from "../../parts/link.tsx";
import { paths } from "../../paths.ts";
import { buttonClass } from "../../ui/button.tsx";

/** Why the list is empty: filters, no data to compare with yet, or really nothing. */
export function NoVulnerabilities({ filtered }: { filtered: boolean }) {
  const feeds = useQuery({ ...feedsQuery, enabled: !filtered }).data?.feeds;
  if (filtered) {
    return (
      <Nothing
        title="No vulnerability matches"
        action={
          <A href={paths.vulnerabilities()} className={buttonClass("plain")}>
            Show all vulnerabilities
          </A>
        }
      >
        <p>Search for fewer letters, or take a filter off.</p>
      </Nothing>
    );
  }
  const loaded = feeds?.some((feed) => feed.parts.some((part) => part.succeeded_at !== null)) ?? false;
  return (
    <Nothing
      title={loaded ? "Nothing vulnerable was found" : "There is no vulnerability data yet"}
      action={
        <A href={loaded ? paths.unidentified() : paths.feeds()} className={buttonClass("primary")}>
          {loaded ? "See what could not be assessed" : "See the feeds"}
        </A>
      }
    >
      <p>
        {loaded
          ? "What your devices hold was compared with the feeds that are loaded. Software that is not identified is not assessed."
          : "Feeds are loaded once devices have reported software that they speak of. Vulnerabilities appear here by themselves."}
      </p>
    </Nothing>
  );
}
