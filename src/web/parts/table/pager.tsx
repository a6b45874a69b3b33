import { Icon } from "../../ui/icon.tsx";
import { ChevronLeftIcon, ChevronRightIcon } from "../../ui/icons.ts";
import { Select } from "../../ui/field.tsx";
import { buttonClass } from "../../ui/button.tsx";
import { formatCount } from "../format.ts";
import { A } from "../link.tsx";
import { PAGE_SIZES } from "../../search.ts";
import type { ListSearch } from "../../search.ts";
import styles from "./pager.module.css";

const USUAL_SIZE = 100;

interface PagerProps<S extends ListSearch> {
  search: S;
  /** Rows shown on this page. */
  rows: number;
  /** Rows in all, when counted. */
  total: number | undefined;
  meta: { has_next_results: boolean; next_cursor?: string | undefined };
  /** The address of this list with another search. */
  href: (search: S) => string;
  onSize: (size: (typeof PAGE_SIZES)[number]) => void;
}

/** From page to page: forward by cursor where the server gives one (constant cost), back by number. */
export function Pager<S extends ListSearch>({ search, rows, total, meta, href, onSize }: PagerProps<S>) {
  const page = search.page ?? 1;
  const size = search.per_page ?? USUAL_SIZE;
  const first = (page - 1) * size + 1;
  const previous = page > 1 ? href({ ...search, page: page === 2 ? undefined : page - 1, after: undefined }) : undefined;
  const next = meta.has_next_results ? href({ ...search, page: page + 1, after: meta.next_cursor }) : undefined;
  if (page === 1 && next === undefined && rows <= PAGE_SIZES[0]) return null;
  return (
    <nav className={styles.pager} aria-label="Pages">
      <span className={styles.range}>
        {rows === 0 ? "No rows" : `${formatCount(first)}–${formatCount(first + rows - 1)}`}
        {total !== undefined && ` of ${formatCount(total)}`}
      </span>
      <Select
        label="Rows per page"
        value={String(size)}
        options={PAGE_SIZES.map((s) => ({ value: String(s), label: `${formatCount(s)} rows` }))}
        onChoose={(value) => onSize(PAGE_SIZES.find((s) => String(s) === value) ?? USUAL_SIZE)}
      />
      <PageLink href={previous} label="Previous" before />
      <PageLink href={next} label="Next" />
    </nav>
  );
}

function PageLink({ href, label, before = false }: { href: string | undefined; label: string; before?: boolean }) {
  const inside = (
    <>
      {before && <Icon of={ChevronLeftIcon} />}
      {label}
      {!before && <Icon of={ChevronRightIcon} />}
    </>
  );
  if (href !== undefined) {
    return (
      <A href={href} className={buttonClass("plain")} rel={before ? "prev" : "next"}>
        {inside}
      </A>
    );
  }
  return (
    <span className={buttonClass("plain")} aria-disabled="true">
      {inside}
    </span>
  );
}
