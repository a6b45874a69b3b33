import type { RowData } from "@tanstack/react-table";
import { Button } from "../../ui/button.tsx";
import { Checkbox } from "../../ui/field.tsx";
import { ColumnsIcon } from "../../ui/icons.ts";
import { Stack } from "../../ui/layout.tsx";
import { Popover } from "../../ui/popover.tsx";
import { columnNames } from "./features.ts";
import type { Column } from "./features.ts";

/** Which columns a table shows. The first one names the row and stays. */
export function ColumnChoice<R extends RowData>({
  columns,
  shown,
  onChange,
}: {
  columns: readonly Column<R>[];
  shown: readonly string[];
  onChange: (shown: string[]) => void;
}) {
  return (
    <Popover
      kind="dialog"
      label="Columns"
      align="end"
      trigger={(props) => (
        <Button {...props} icon={ColumnsIcon}>
          Columns
        </Button>
      )}
    >
      {() => (
        <Stack gap={2}>
          {columnNames(columns).map(({ id, header }, i) => (
            <Checkbox
              key={id}
              label={header}
              checked={shown.includes(id)}
              disabled={i === 0}
              onChange={(event) => onChange(event.target.checked ? [...shown, id] : shown.filter((s) => s !== id))}
            />
          ))}
        </Stack>
      )}
    </Popover>
  );
}
