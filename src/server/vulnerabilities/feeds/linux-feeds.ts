import { alma } from "./alma/alma.ts";
import { alpine } from "./alpine/alpine.ts";
import { amazon } from "./amazon/amazon.ts";
import { arch } from "./arch/arch.ts";
import { debianOval } from "./debian/debian-oval.ts";
import { debian } from "./debian/debian.ts";
import { fedora } from "./fedora/fedora.ts";
import type { Feed } from "./feed.ts";
import { oracle } from "./oracle/oracle.ts";
import { redhatApi } from "./redhat/redhat-api.ts";
import { redhatOval } from "./redhat/redhat-oval.ts";
import { redhatVex } from "./redhat/redhat-vex.ts";
import { rocky } from "./rocky/rocky.ts";
import { suseOval } from "./suse/suse-oval.ts";
import { suseVex } from "./suse/suse-vex.ts";
import { ubuntuOval } from "./ubuntu/ubuntu-oval.ts";
import { ubuntuTracker } from "./ubuntu/ubuntu-tracker.ts";
import { ubuntuVex } from "./ubuntu/ubuntu-vex.ts";
import { ubuntu } from "./ubuntu/ubuntu.ts";

/** What Linux distributions publish of their own packages. */
export const LINUX_FEEDS: readonly Feed[] = [
  debian,
  debianOval,
  ubuntu,
  ubuntuVex,
  ubuntuOval,
  ubuntuTracker,
  redhatVex,
  redhatApi,
  redhatOval,
  suseVex,
  suseOval,
  amazon,
  alpine,
  oracle,
  alma,
  rocky,
  fedora,
  arch,
];
