import type { Row } from "@tanstack/react-table";
import type { ReactNode } from "react";
import { Checkbox } from "../../ui/field.tsx";
import { cx } from "../../ui/cx.ts";
import { A } from "../link.tsx";
import styles from "./data-table.module.css";
import { cellClass } from "./cell-class.ts";
import type { features } from "./features.ts";
import type { ReactTable } from "@tanstack/react-table";

export interface RowLook<R> {
  /** Where a row leads. */
  href: (row: R) => string;
  /** The row's name, for the selection box. */
  nameOf: (row: R) => string;
  /** A row opens in place, over the list. */
  inPlace?: boolean;
  /** What narrow screens show below the name, in place of the columns that have no room. */
  secondary?: (row: R) => ReactNode;
}

interface TableRowProps<R extends { id: number }> extends RowLook<R> {
  row: Row<typeof features, R>;
  index: number;
  active: boolean;
  selectable: boolean;
  FlexRender: ReactTable<typeof features, R>["FlexRender"];
}

export function TableRow<R extends { id: number }>(props: TableRowProps<R>) {
  const { row, index, active, selectable, href, nameOf, secondary, inPlace = false, FlexRender } = props;
  return (
    <tr
      data-row={index}
      aria-rowindex={index + 2}
      aria-selected={selectable ? row.getIsSelected() : undefined}
      className={cx(styles.row, selectable && row.getIsSelected() && styles.selected)}
    >
      {selectable && (
        <td className={cx(styles.cell, styles.check)}>
          <Checkbox
            label={`Select ${nameOf(row.original)}`}
            hiddenLabel
            tabIndex={active ? 0 : -1}
            checked={row.getIsSelected()}
            onChange={row.getToggleSelectedHandler()}
          />
        </td>
      )}
      {row.getVisibleCells().map((cell, column) => (
        <td key={cell.id} className={cellClass(cell.column.columnDef.meta ?? {})}>
          {column === 0 ? (
            <>
              <A
                href={href(row.original)}
                keepScroll={inPlace}
                className={styles.link}
                tabIndex={active ? 0 : -1}
                data-row-link=""
              >
                <FlexRender cell={cell} />
              </A>
              {secondary && <div className={styles.secondary}>{secondary(row.original)}</div>}
            </>
          ) : (
            <FlexRender cell={cell} />
          )}
        </td>
      ))}
    </tr>
  );
}
