import type { ReactNode } from "react";
import styles from "./simple-table.module.css";

interface SimpleTableProps {
  label: string;
  head: string[];
  rows: { key: string; cells: ReactNode[] }[];
}

/** A short table of a few rows. On a narrow screen each row becomes a block whose cells carry their column's name. */
export function SimpleTable({ label, head, rows }: SimpleTableProps) {
  return (
    <table className={styles.table} aria-label={label}>
      <thead>
        <tr>
          {head.map((words) => (
            <th key={words} scope="col">
              {words}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.key}>
            {row.cells.map((cell, i) => (
              <td key={head[i] ?? i} data-head={head[i]}>
                {cell}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
