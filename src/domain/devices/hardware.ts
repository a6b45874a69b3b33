/**
 * What hardware identifiers are worth: many makers leave filler in the firmware, so equal values do not always mean one machine.
 */

/** Longest stored hardware uuid or serial. */
export const HARDWARE_ID_LENGTH_MAX = 255;

/** Filler seen in SMBIOS fields and what operating systems give when they may not read them; compared by {@link comparable}. */
const FILLER = new Set(
  [
    "0123456789",
    "03000200-0400-0500-0006-000700080009",
    "12345678-1234-5678-90ab-cddeefaabbcc",
    "123456789",
    "1234567890",
    "123456789abcdef",
    "00020003-0004-0005-0006-000700080009",
    "07090201-0103-0301-0807-060504030201",
    "11111111-2222-3333-4444-555555555555",
    "4c4c4544-0000-2010-8020-80c04f202020",
    "58585858-5858-5858-5858-585858585858",
    "890e2d14-cacd-45d1-ae66-bc80e8bfeb0f",
    "8e275844-178f-44a8-aceb-a7d7e5178c63",
    "dc698397-fa54-4cf2-82c8-b1b5307a6a7f",
    "fefefefe-fefe-fefe-fefe-fefefefefefe",
    "Asset-1234567890",
    "Base Board Serial Number",
    "Chassis Serial Number",
    "Default",
    "Default string",
    "Empty",
    "Invalid",
    "N/A",
    "NA",
    "No Asset Tag",
    "No Enclosure",
    "None",
    "Not Applicable",
    "Not Available",
    "Not Present",
    "Not Settable",
    "Not Specified",
    "null",
    "OEM",
    "O.E.M.",
    "Serial",
    "Serial Number",
    "SN",
    "System manufacturer",
    "System Serial Number",
    "System UUID",
    "To be filled by O.E.M.",
    "To be filled",
    "Type1ProductConfigId",
    "Unknown",
    "Undefined",
    "Unspecified",
    "VMware",
  ].map(comparable),
);

function comparable(value: string): string {
  return value.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
}

/**
 * True when a hardware uuid or serial says nothing about which machine it is: empty, filler of the maker, or one character
 * repeated (all zeros, all F). Such a value never matches two machines, and never tells two apart.
 *
 * @example isTrivialHardwareId("To Be Filled By O.E.M.") === true
 */
export function isTrivialHardwareId(value: string): boolean {
  const key = comparable(value);
  return key.length < 4 || FILLER.has(key) || /^(.)\1*$/.test(key);
}

/**
 * A serial as worth keeping: trimmed, and empty when it is filler (reference osquery-remote.md §11: "serials like `-1`, spaces or
 * filler text are blanked").
 */
export function cleanSerial(serial: string): string {
  const trimmed = serial.trim();
  return isTrivialHardwareId(trimmed) ? "" : trimmed;
}

/** Ids of one machine's hardware; empty when unknown. */
export interface HardwareIds {
  uuid: string;
  hardware_serial: string;
}

/** How two readings of hardware ids relate, over the ids that are not trivial on either side. */
export interface HardwareComparison {
  equal: number;
  different: number;
}

/** Compares uuid with uuid and serial with serial, ignoring case and the byte order of uuids; trivial values do not count. */
export function compareHardware(a: HardwareIds, b: HardwareIds): HardwareComparison {
  const result = { equal: 0, different: 0 };
  for (const [x, y] of [
    [canonicalUuid(a.uuid), canonicalUuid(b.uuid)],
    [a.hardware_serial.trim().toLowerCase(), b.hardware_serial.trim().toLowerCase()],
  ] as const) {
    if (isTrivialHardwareId(x) || isTrivialHardwareId(y)) continue;
    if (x === y) result.equal++;
    else result.different++;
  }
  return result;
}

const UUID = /^([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})$/;

/**
 * Both spellings of a uuid: SMBIOS before 2.6 wrote the first three groups in the other byte order, and readers of one machine
 * disagree about it. In lower case; one element when the text is no uuid.
 */
export function uuidSpellings(uuid: string): string[] {
  const text = uuid.trim().toLowerCase();
  const [, a, b, c, d, e] = UUID.exec(text) ?? [];
  if (a === undefined || b === undefined || c === undefined) return [text];
  return [text, `${swapBytes(a)}-${swapBytes(b)}-${swapBytes(c)}-${d}-${e}`];
}

/** One text for both spellings of a uuid. */
export function canonicalUuid(uuid: string): string {
  return uuidSpellings(uuid).toSorted()[0] ?? "";
}

function swapBytes(hex: string): string {
  return (hex.match(/../g) ?? []).toReversed().join("");
}
