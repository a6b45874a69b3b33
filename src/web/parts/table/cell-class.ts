import { cx } from "../../ui/cx.ts";
import styles from "./data-table.module.css";
import type { ColumnWords } from "./features.ts";

/** The classes of a column's cells: width, alignment, and the width of table from which on it is shown. */
export function cellClass(words: ColumnWords): string {
  return cx(
    styles["cell"],
    words.width && styles[words.width],
    words.align === "end" && styles["end"],
    words.room !== undefined && words.room > 1 && styles[`room${words.room}`],
  );
}
