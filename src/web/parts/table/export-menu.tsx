import { Button } from "../../ui/button.tsx";
import { DownloadIcon } from "../../ui/icons.ts";
import { MenuHead, MenuItem, MenuRule } from "../../ui/menu.tsx";
import { Popover } from "../../ui/popover.tsx";

/** A file that can be had: its words in the menu, and its address. */
export interface ExportItem {
  label: string;
  href: string;
}

interface ExportMenuProps {
  /** What is exported, with its number: `1,234 devices`. */
  what: string;
  /** Each group stands by itself. */
  groups: readonly (readonly ExportItem[])[];
}

/** Exports exactly what is seen: every row that matches, with the columns shown, in the order shown. The server sends it as a file. */
export function ExportMenu({ what, groups }: ExportMenuProps) {
  return (
    <Popover
      kind="menu"
      label="Export"
      align="end"
      trigger={(props) => (
        <Button {...props} icon={DownloadIcon}>
          Export
        </Button>
      )}
    >
      {(close) => (
        <>
          <MenuHead>{what}</MenuHead>
          {groups.map((items, index) => (
            <div key={items[0]?.label ?? index}>
              {index > 0 && <MenuRule />}
              {items.map(({ label, href }) => (
                <MenuItem
                  key={label}
                  onPick={() => {
                    downloadFile(href);
                    close();
                  }}
                >
                  {label}
                </MenuItem>
              ))}
            </div>
          ))}
        </>
      )}
    </Popover>
  );
}

/** Rows of a list in both formats; with a mark by which spreadsheets know UTF-8. */
export function rowExports(hrefWith: (format: { format: "csv" | "ndjson"; bom?: boolean }) => string): ExportItem[] {
  return [
    { label: "CSV, for spreadsheets", href: hrefWith({ format: "csv", bom: true }) },
    { label: "NDJSON, for programs", href: hrefWith({ format: "ndjson" }) },
  ];
}

/** A bill of materials in both formats. */
export function sbomExports(hrefWith: (format: { format: "cyclonedx" | "spdx" }) => string): ExportItem[] {
  return [
    { label: "SBOM, CycloneDX 1.6", href: hrefWith({ format: "cyclonedx" }) },
    { label: "SBOM, SPDX 2.3", href: hrefWith({ format: "spdx" }) },
  ];
}

/** Lets the browser save what is at this address, under the name that the server gives it. */
function downloadFile(href: string): void {
  const link = document.createElement("a");
  link.href = href;
  link.download = "";
  link.click();
}
