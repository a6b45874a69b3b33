import { useEffect, useState } from "react";
import { IconButton } from "../ui/button.tsx";
import { CheckIcon, CopyIcon } from "../ui/icons.ts";
import styles from "./copyable.module.css";
import { notify } from "./notices.tsx";

/** A button that copies a text and says so where it stands. */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = window.setTimeout(() => setCopied(false), 2000);
    return () => window.clearTimeout(timer);
  }, [copied]);
  const copy = async () => {
    try {
      await copyText(text);
      setCopied(true);
    } catch {
      notify({ tone: "bad", word: "Not copied", text: "The browser refused. Select the text and copy it by keyboard." });
    }
  };
  return (
    <>
      <IconButton label={copied ? "Copied" : label} icon={copied ? CheckIcon : CopyIcon} onClick={() => void copy()} />
      <span className="sr-only" aria-live="polite">
        {copied ? "Copied" : ""}
      </span>
    </>
  );
}

/** The asynchronous clipboard exists on https and localhost only; elsewhere the old way through a selection remains. */
async function copyText(text: string): Promise<void> {
  if (window.isSecureContext) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "sr-only";
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (!done) throw new Error("copy refused");
}

/** A command or file to be taken over word for word. */
export function CopyBlock({ text, label }: { text: string; label: string }) {
  return (
    <figure className={styles.block} aria-label={label}>
      {/* A long command scrolls; the keyboard must reach it to scroll it. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre tabIndex={0}>
        <code>{text}</code>
      </pre>
      <span className={styles.button}>
        <CopyButton text={text} label={`Copy ${label.toLowerCase()}`} />
      </span>
    </figure>
  );
}
