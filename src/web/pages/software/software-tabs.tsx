import { TabLinks } from "../../parts/page.tsx";
import { paths } from "../../paths.ts";

/** The three views of the inventory. */
export function SoftwareTabs({ at }: { at: "titles" | "versions" | "os" }) {
  return (
    <TabLinks
      label="Views of the inventory"
      tabs={[
        { href: paths.software(), label: "Software", current: at === "titles" },
        { href: paths.softwareVersions(), label: "Versions", current: at === "versions" },
        { href: paths.operatingSystems(), label: "Operating systems", current: at === "os" },
      ]}
    />
  );
}
