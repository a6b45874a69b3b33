import { useMutation } from "@tanstack/react-query";
import type { RowData } from "@tanstack/react-table";
import { Button } from "../../ui/button.tsx";
import { DownloadIcon } from "../../ui/icons.ts";
import { explain } from "../answers.tsx";
import { csvText, saveTextFile } from "../csv.ts";
import { notify } from "../notices.tsx";
import { columnNames, csvValue, shownColumns } from "./features.ts";
import type { Column } from "./features.ts";

interface ExportProps<R extends RowData> {
  /** Of the file, without ending. */
  name: string;
  /** What is exported, with its number: `1,234 devices`. */
  what: string;
  columns: readonly Column<R>[];
  /** The address's choice of columns. */
  choice: string | undefined;
  gather: () => Promise<readonly R[]>;
}

/** Exports exactly what is seen: the shown columns of every row that matches, in the shown order. */
export function ExportButton<R extends RowData>({ name, what, columns, choice, gather }: ExportProps<R>) {
  const run = useMutation({
    mutationFn: async () => {
      const ids = shownColumns(columns, choice);
      const names = columnNames(columns);
      const seen = ids.map((id) => ({ id, header: names.find((n) => n.id === id)?.header ?? id }));
      const rows = await gather();
      const day = new Date().toISOString().slice(0, 10);
      saveTextFile(
        `muster-${name}-${day}.csv`,
        csvText(
          seen.map((s) => s.header),
          rows.map((row, i) => seen.map((s) => csvValue(columns, s.id, row, i))),
        ),
      );
      return rows.length;
    },
    onError: (error) => notify({ tone: "bad", word: "Not exported", text: explain(error) }),
  });
  return (
    <Button
      icon={DownloadIcon}
      busy={run.isPending}
      onClick={() => run.mutate()}
      data-tip={`Export ${what} as CSV, with the columns shown`}
    >
      Export
    </Button>
  );
}
