import { useTable } from "@tanstack/react-table";
import type { RowSelectionState } from "@tanstack/react-table";
import { useMemo, useRef } from "react";
import type { ReactNode } from "react";
import { Checkbox } from "../../ui/field.tsx";
import { Icon } from "../../ui/icon.tsx";
import { ArrowDownIcon, ArrowUpIcon } from "../../ui/icons.ts";
import { cx } from "../../ui/cx.ts";
import styles from "./data-table.module.css";
import { cellClass } from "./cell-class.ts";
import { columnId, features } from "./features.ts";
import type { Column, ColumnWords } from "./features.ts";
import { useRowFocus } from "./row-focus.ts";
import { TableRow } from "./table-row.tsx";
import type { RowLook } from "./table-row.tsx";
import { useRowWindow } from "./row-window.ts";

export interface Order {
  order_key: string;
  order_direction: "asc" | "desc";
}

export interface Selection {
  state: RowSelectionState;
  change: (next: RowSelectionState) => void;
}

interface DataTableProps<R extends { id: number }> extends RowLook<R> {
  /** What the table lists, read aloud. */
  label: string;
  columns: Column<R>[];
  rows: readonly R[];
  /** Ids of the columns to show; all without it. */
  shown?: readonly string[];
  order: Order;
  onOrder: (order: Order) => void;
  selection?: Selection;
  /** The rows are those of an earlier question while the answer to the present one is on its way. */
  stale?: boolean;
}

/**
 * The main instrument: a table whose rows open by Enter and are walked by the arrow keys. Sorting is asked of the server; long
 * pages draw only the rows near the window.
 */
export function DataTable<R extends { id: number }>(props: DataTableProps<R>) {
  const { label, columns, rows, shown, selection, order, onOrder, stale = false, ...look } = props;
  const visibility = useMemo(
    () => Object.fromEntries(columns.map((c) => [columnId(c), shown === undefined || shown.includes(columnId(c))])),
    [columns, shown],
  );
  const table = useTable({
    features,
    columns,
    data: rows,
    getRowId: (row) => String(row.id),
    state: { columnVisibility: visibility, rowSelection: selection?.state ?? NONE },
    onRowSelectionChange: (update) => {
      if (selection !== undefined) selection.change(typeof update === "function" ? update(selection.state) : update);
    },
  });
  const body = useRef<HTMLTableSectionElement>(null);
  const model = table.getRowModel().rows;
  const view = useRowWindow(body, model.length);
  const focus = useRowFocus(body, model.length, view.reveal);
  const span = table.getVisibleLeafColumns().length + (selection === undefined ? 0 : 1);
  return (
    <div className={cx(styles.wrap, stale && styles.stale)} aria-busy={stale || undefined}>
      <table className={styles.table} aria-label={label} aria-rowcount={rows.length + 1}>
        <thead className={styles.head}>
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id}>
              {selection !== undefined && (
                <th scope="col" className={cx(styles.cell, styles.check)}>
                  <Checkbox
                    label="Select all rows of this page"
                    hiddenLabel
                    checked={table.getIsAllRowsSelected()}
                    mixed={table.getIsSomeRowsSelected() && !table.getIsAllRowsSelected()}
                    onChange={() => table.toggleAllRowsSelected(!table.getIsAllRowsSelected())}
                  />
                </th>
              )}
              {group.headers.map((header) => (
                <HeadCell key={header.id} words={header.column.columnDef.meta ?? {}} order={order} onOrder={onOrder}>
                  <table.FlexRender header={header} />
                </HeadCell>
              ))}
            </tr>
          ))}
        </thead>
        {/* The rows' links are the focusable things; the body only listens to their arrow keys. */}
        {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
        <tbody ref={body} onKeyDown={focus.onKeyDown} onFocus={focus.onFocus}>
          {view.before > 0 && <Gap height={view.before} span={span} />}
          {model.slice(view.start, view.end).map((row, i) => (
            <TableRow
              key={row.id}
              row={row}
              index={view.start + i}
              active={view.start + i === focus.active}
              selectable={selection !== undefined}
              FlexRender={table.FlexRender}
              {...look}
            />
          ))}
          {view.after > 0 && <Gap height={view.after} span={span} />}
        </tbody>
      </table>
    </div>
  );
}

const NONE: RowSelectionState = {};

function Gap({ height, span }: { height: number; span: number }) {
  return (
    <tr aria-hidden="true">
      {/* Only height: the rows that are not drawn. */}
      {/* oxlint-disable-next-line jsx-a11y/control-has-associated-label */}
      <td colSpan={span} style={{ height, padding: 0 }} />
    </tr>
  );
}

function HeadCell({
  words,
  order,
  onOrder,
  children,
}: {
  words: ColumnWords;
  order: Order;
  onOrder: (order: Order) => void;
  children: ReactNode;
}) {
  const key = words.orderKey;
  const on = key !== undefined && order.order_key === key;
  const first = words.firstDirection ?? "asc";
  const next = on ? (order.order_direction === "asc" ? "desc" : "asc") : first;
  return (
    <th
      scope="col"
      className={cellClass(words)}
      aria-sort={on ? (order.order_direction === "asc" ? "ascending" : "descending") : undefined}
    >
      {key === undefined ? (
        <span data-tip={words.tip}>{children}</span>
      ) : (
        <button
          type="button"
          className={cx(styles.sort, on && styles.sorted)}
          data-tip={words.tip}
          onClick={() => onOrder({ order_key: key, order_direction: next })}
        >
          {children}
          {on && <Icon of={order.order_direction === "asc" ? ArrowUpIcon : ArrowDownIcon} size={12} />}
        </button>
      )}
    </th>
  );
}
