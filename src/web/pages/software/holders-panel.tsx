import { Nothing } from "../../parts/answers.tsx";
import { formatCount } from "../../parts/format.ts";
import { A } from "../../parts/link.tsx";
import type { DevicesSearch } from "../../search.ts";
import { Panel } from "../../ui/layout.tsx";
import { DeviceList, useDevices } from "../devices/device-list.tsx";

interface HoldersProps {
  search: DevicesSearch;
  /** The address of the page with another search. */
  href: (search: DevicesSearch) => string;
  /** The same devices on the devices page, with all its tools. */
  all: string;
}

/** The devices that hold a title or version. */
export function HoldersPanel({ search, href, all }: HoldersProps) {
  const devices = useDevices(search);
  return (
    <Panel
      title="Devices"
      note={devices.total === undefined ? "counting" : formatCount(devices.total)}
      action={<A href={all}>Open in Devices</A>}
      flush
    >
      <DeviceList
        search={search}
        href={href}
        devices={devices}
        empty={
          <Nothing title="No device holds it now">
            <p>It was removed everywhere, or the devices that held it were deleted. It leaves the inventory soon.</p>
          </Nothing>
        }
      />
    </Panel>
  );
}
