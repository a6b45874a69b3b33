/** What is known of a host that a label's criteria may ask about. Texts are empty and times null when unknown. */
export interface HostVitals {
  hostname: string;
  computer_name: string;
  uuid: string;
  hardware_serial: string;
  hardware_vendor: string;
  hardware_model: string;
  platform: string;
  platform_like: string;
  os_name: string;
  os_version: string;
  cpu_type: string;
  cpu_brand: string;
  primary_ip: string;
  public_ip: string;
  timezone: string;
  osquery_version: string;
  muster_version: string;
  /** Bytes. */
  memory: number;
  cpu_logical_cores: number;
  /** First enrolled. */
  created_at: Date;
  last_enrolled_at: Date;
}

/** One software row of a host, as far as criteria ask about it. */
export interface HeldSoftware {
  name: string;
  /** Name of its title, which may be another. */
  title: string;
  source: string;
  version: string;
}

export type VitalKind = "text" | "version" | "number" | "time" | "software";

export interface Vital {
  /** As Fleet and osquery name the fact. */
  vital: string;
  /** The words people read. */
  label: string;
  kind: VitalKind;
  /** The stored fact whose change can change the answer: what `labels.criteria_fields` holds. */
  field: string;
}

/** Everything that criteria may ask about. `platform_family` is made from `platform`; `software` asks what the host holds. */
export const VITALS: readonly Vital[] = [
  { vital: "platform", label: "Platform (ubuntu, darwin, windows, …)", kind: "text", field: "platform" },
  { vital: "platform_family", label: "Platform family (linux, darwin, windows, chrome)", kind: "text", field: "platform" },
  { vital: "os_name", label: "Operating system", kind: "text", field: "operating_system" },
  { vital: "os_version", label: "Operating system version", kind: "version", field: "operating_system" },
  { vital: "software", label: "Software", kind: "software", field: "software" },
  { vital: "hostname", label: "Hostname", kind: "text", field: "hostname" },
  { vital: "computer_name", label: "Computer name", kind: "text", field: "computer_name" },
  { vital: "hardware_vendor", label: "Hardware vendor", kind: "text", field: "hardware_vendor" },
  { vital: "hardware_model", label: "Hardware model", kind: "text", field: "hardware_model" },
  { vital: "hardware_serial", label: "Serial number", kind: "text", field: "hardware_serial" },
  { vital: "uuid", label: "Hardware UUID", kind: "text", field: "uuid" },
  { vital: "memory", label: "Memory (bytes)", kind: "number", field: "memory" },
  { vital: "cpu_logical_cores", label: "Processor cores (logical)", kind: "number", field: "cpu_logical_cores" },
  { vital: "cpu_type", label: "Processor type", kind: "text", field: "cpu_type" },
  { vital: "cpu_brand", label: "Processor", kind: "text", field: "cpu_brand" },
  { vital: "platform_like", label: "Platform like", kind: "text", field: "platform_like" },
  { vital: "primary_ip", label: "Private IP address", kind: "text", field: "primary_ip" },
  { vital: "public_ip", label: "Public IP address", kind: "text", field: "public_ip" },
  { vital: "timezone", label: "Time zone", kind: "text", field: "timezone" },
  { vital: "osquery_version", label: "osquery version", kind: "version", field: "osquery_version" },
  { vital: "muster_version", label: "Muster agent version", kind: "version", field: "muster_version" },
  { vital: "created_at", label: "First enrolled", kind: "time", field: "last_enrolled_at" },
  { vital: "last_enrolled_at", label: "Last enrolled", kind: "time", field: "last_enrolled_at" },
];

export const OPERATORS_OF: Readonly<Record<VitalKind, readonly Operator[]>> = {
  text: ["is", "contains", "starts_with", "ends_with", "matches"],
  version: ["is", "at_least", "above", "at_most", "below", "starts_with"],
  number: ["is", "at_least", "above", "at_most", "below"],
  time: ["before", "after"],
  software: ["is", "at_least", "above", "at_most", "below", "starts_with"],
};

/** `matches`: `*` stands for any characters, `?` for one. */
export type Operator =
  | "is"
  | "contains"
  | "starts_with"
  | "ends_with"
  | "matches"
  | "at_least"
  | "above"
  | "at_most"
  | "below"
  | "before"
  | "after";

const BY_NAME = new Map(VITALS.map((vital) => [vital.vital, vital]));

export function vitalOf(name: string): Vital | undefined {
  return BY_NAME.get(name);
}
