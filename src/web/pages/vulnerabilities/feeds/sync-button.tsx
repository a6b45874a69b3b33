import { useState } from "react";
import { useSyncFeed } from "../../../data/feeds.ts";
import { explain } from "../../../parts/answers.tsx";
import { Confirm } from "../../../parts/confirm.tsx";
import { countOf } from "../../../parts/format.ts";
import { notify } from "../../../parts/notices.tsx";
import { Button } from "../../../ui/button.tsx";
import { RefreshIcon } from "../../../ui/icons.ts";
import { Prose } from "../../../ui/layout.tsx";

interface SyncButtonProps {
  feed: string;
  part?: string;
  /** Read aloud: of what. */
  of: string;
  blocked?: string | undefined;
}

/** Asks for a feed or a part of it now, whatever the cadence and earlier failures. */
export function SyncButton({ feed, part, of, blocked }: SyncButtonProps) {
  const sync = useSyncFeed();
  const ask = () => sync.mutate({ feed, ...(part === undefined ? {} : { part }) }, { onSuccess: begun, onError: refused });
  return (
    <Button icon={RefreshIcon} busy={sync.isPending} blocked={blocked} aria-label={`Sync now: ${of}`} onClick={ask}>
      Sync now
    </Button>
  );
}

/** Takes data of which a large share is gone, after asking. */
export function AcceptShrink({ feed, part, of }: { feed: string; part: string; of: string }) {
  const [asking, setAsking] = useState(false);
  const sync = useSyncFeed();
  return (
    <>
      <Button onClick={() => setAsking(true)}>Take it all the same…</Button>
      {asking && (
        <Confirm
          title={`Take the smaller ${of}`}
          action="Take it"
          busy={sync.isPending}
          error={sync.error}
          onClose={() => setAsking(false)}
          onConfirm={() =>
            sync.mutate(
              { feed, part, accept_shrink: true },
              {
                onSuccess: (answer) => {
                  begun(answer);
                  setAsking(false);
                },
              },
            )
          }
        >
          <Prose>
            <p>
              More than a fifth of the records are gone from what the publisher offers. Usually that is a fault of the publisher;
              then wait. Taking it loads everything anew, and findings of records that are gone close.
            </p>
          </Prose>
        </Confirm>
      )}
    </>
  );
}

function begun({ parts }: { parts: string[] }): void {
  notify({ tone: "ok", word: "Asked", text: `${countOf(parts.length, "part")} will be looked at within seconds.` });
}

function refused(error: unknown): void {
  notify({ tone: "bad", word: "Not asked", text: explain(error) });
}
