import { createHash } from "node:crypto";
import { cleanText } from "#domain/core/text.ts";
import { canonicalUuid, cleanSerial, HARDWARE_ID_LENGTH_MAX, isTrivialHardwareId } from "#domain/devices/hardware.ts";
import { unprocessable } from "../http/errors.ts";

export type AgentKind = "osquery" | "muster" | "orbit";

/** What an adapter knows when an agent asks to enrol; unchecked, as the agent sent it. Unknown texts are empty. */
export interface EnrollInput {
  agent: AgentKind;
  enroll_secret: string;
  /** What the agent calls its host. */
  identifier: string;
  hardware: {
    uuid: string;
    hardware_serial: string;
    hostname: string;
    /** Random name of this installation of the agent. */
    instance_id: string;
  };
  agent_version: string;
  platform: string;
  public_ip: string;
}

/** An enrolling agent with its texts cleaned and bounded. */
export interface Enrollee extends Omit<EnrollInput, "enroll_secret"> {
  /** What tells this installation from another on equal hardware: the instance id, else the hostname; empty when unknown. */
  mark: string;
  /** The identifier under which this device is kept once it was told apart from another with the same identifier. */
  derived: { byHardware: string | null; byMark: string | null };
}

export const AGENT_VERSION_LENGTH_MAX = 64;
const IDENTIFIER_LENGTH_MAX = 200;

/**
 * Cleans what an agent sent: control characters, lengths, filler serials.
 *
 * @throws {HttpError} 422 when nothing is left of the identifier.
 */
export function cleanEnrollee({ enroll_secret: _secret, ...input }: EnrollInput): Enrollee {
  const identifier = boundedIdentifier(cleanText(input.identifier, 4096));
  if (identifier === "") {
    throw unprocessable(
      "host_identifier",
      "Must not be empty: set the agent's host identifier to the hardware uuid, for example.",
    );
  }
  const hardware = {
    uuid: cleanText(input.hardware.uuid, HARDWARE_ID_LENGTH_MAX),
    hardware_serial: cleanSerial(cleanText(input.hardware.hardware_serial, HARDWARE_ID_LENGTH_MAX)),
    hostname: cleanText(input.hardware.hostname, 255),
    instance_id: cleanText(input.hardware.instance_id, 255),
  };
  const mark = installationMark(hardware);
  return {
    agent: input.agent,
    identifier,
    hardware,
    mark,
    derived: derivedIdentifiers(identifier, hardware, mark),
    agent_version: cleanText(input.agent_version, AGENT_VERSION_LENGTH_MAX),
    platform: cleanText(input.platform, 64),
    public_ip: cleanText(input.public_ip, 64),
  };
}

/** See {@link Enrollee.mark}. */
export function installationMark(hardware: { instance_id?: string; hostname?: string }): string {
  if (hardware.instance_id) return `instance:${hardware.instance_id}`;
  return hardware.hostname ? `hostname:${hardware.hostname.toLowerCase()}` : "";
}

/** Over-long identifiers keep what distinguishes them: a hash takes the place of their end. */
function boundedIdentifier(identifier: string): string {
  if (identifier.length <= IDENTIFIER_LENGTH_MAX) return identifier;
  return `${cleanText(identifier, IDENTIFIER_LENGTH_MAX - 20)}#${shortHash(identifier)}`;
}

function derivedIdentifiers(identifier: string, hardware: Enrollee["hardware"], mark: string): Enrollee["derived"] {
  const ids = [canonicalUuid(hardware.uuid), hardware.hardware_serial.toLowerCase()].filter((id) => !isTrivialHardwareId(id));
  return {
    byHardware: ids.length === 0 ? null : `${identifier}#${shortHash(ids.join("\n"))}`,
    byMark: mark === "" ? null : `${identifier}#${shortHash(mark)}`,
  };
}

function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/**
 * Names of everything that two enrolments of one machine could meet at, for advisory locks: whoever holds them all is alone with
 * this machine. Sorted, so that two enrolments never wait for each other crosswise.
 */
export function enrolleeLockKeys(enrollee: Enrollee): bigint[] {
  const names = [`identifier\n${enrollee.agent}\n${enrollee.identifier}`];
  const uuid = canonicalUuid(enrollee.hardware.uuid);
  if (!isTrivialHardwareId(uuid)) names.push(`uuid\n${uuid}`);
  const serial = enrollee.hardware.hardware_serial.toLowerCase();
  if (serial !== "") names.push(`serial\n${serial}`);
  const keys = names.map((name) => createHash("sha256").update(`muster enrolment\n${name}`).digest().readBigInt64BE());
  return keys.toSorted((a, b) => (a < b ? -1 : 1));
}
