import { TabLinks } from "../../parts/page.tsx";
import { paths } from "../../paths.ts";

/** The views of the inventory. */
export function SoftwareTabs({ at }: { at: "titles" | "versions" | "os" | "unused" }) {
  return (
    <TabLinks
      label="Views of the inventory"
      tabs={[
        { href: paths.software(), label: "Software", current: at === "titles" },
        { href: paths.softwareVersions(), label: "Versions", current: at === "versions" },
        { href: paths.operatingSystems(), label: "Operating systems", current: at === "os" },
        { href: paths.unusedSoftware(), label: "Not opened", current: at === "unused" },
      ]}
    />
  );
}
