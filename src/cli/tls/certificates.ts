// oxlint-disable-next-line import/no-unassigned-import -- must come first: @peculiar/x509 finds its parsers through what it sets up
import "reflect-metadata";
import { createPrivateKey, KeyObject, randomBytes, webcrypto, X509Certificate as NodeCertificate } from "node:crypto";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { CliError, EXIT } from "../exit-codes.ts";
import type { CertificateName } from "./names.ts";

/** A certificate and its private key (PKCS #8), both PEM. */
export interface KeyedCertificate {
  certificate: string;
  key: string;
}

const DAY_MS = 86_400_000;
const CA_DAYS = 3652; // ten years
/** What browsers and operating systems accept of a server's certificate at most is 398 days. */
const SERVER_DAYS = 397;
/** Devices whose clock is somewhat slow accept the certificate from its first minute on. */
const CLOCK_SKEW_MS = 3_600_000;
const EC = { name: "ECDSA", namedCurve: "P-256" } as const;
const SIGNING = { name: "ECDSA", hash: "SHA-256" } as const;

/** Makes a CA of one's own: EC P-256, ten years, for server certificates directly below it only. */
export async function makeAuthority(now: Date): Promise<KeyedCertificate> {
  const keys = await webcrypto.subtle.generateKey(EC, true, ["sign", "verify"]);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    // a name of its own: two CAs with one name confuse clients that hold both
    name: `CN=Muster CA ${randomBytes(4).toString("hex")}`,
    notBefore: new Date(now.getTime() - CLOCK_SKEW_MS),
    notAfter: new Date(now.getTime() + CA_DAYS * DAY_MS),
    keys,
    signingAlgorithm: SIGNING,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: pem(certificate), key: exportKey(keys.privateKey) };
}

/**
 * Makes a server certificate signed by the CA: EC P-256, 397 days, but never longer than the CA lives.
 *
 * @param names at least one; the first becomes the common name, which only people read
 * @throws {CliError} when the CA has ended, or its key is not its own.
 */
export async function makeServerCertificate(
  authority: KeyedCertificate,
  names: readonly CertificateName[],
  now: Date,
): Promise<KeyedCertificate> {
  const issuer = checkAuthority(authority, now);
  const keys = await webcrypto.subtle.generateKey(EC, true, ["sign", "verify"]);
  const end = Math.min(now.getTime() + SERVER_DAYS * DAY_MS, issuer.notAfter.getTime());
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [{ CN: [(names[0]?.value ?? "").slice(0, 64)] }],
    issuer: issuer.subject,
    notBefore: new Date(now.getTime() - CLOCK_SKEW_MS),
    notAfter: new Date(end),
    publicKey: keys.publicKey,
    signingKey: createPrivateKey(authority.key).toCryptoKey(EC, false, ["sign"]),
    signingAlgorithm: SIGNING,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(names.map(({ type, value }) => ({ type, value }))),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return { certificate: pem(certificate), key: exportKey(keys.privateKey) };
}

/** The names that a server certificate speaks for. */
export function namesOf(certificate: string): CertificateName[] {
  const names = new X509Certificate(certificate).getExtension(SubjectAlternativeNameExtension)?.names.items ?? [];
  return names.flatMap(({ type, value }) => (type === "dns" || type === "ip" ? [{ type, value }] : []));
}

/** When a certificate ends. */
export function endOf(certificate: string): Date {
  return new X509Certificate(certificate).notAfter;
}

function checkAuthority({ certificate, key }: KeyedCertificate, now: Date): X509Certificate {
  const issuer = new X509Certificate(certificate);
  if (!new NodeCertificate(certificate).checkPrivateKey(createPrivateKey(key))) {
    throw new CliError(
      EXIT.failure,
      "The CA's key does not belong to its certificate; restore both, or make a new CA with --force.",
    );
  }
  if (issuer.notAfter.getTime() > now.getTime()) return issuer;
  throw new CliError(EXIT.failure, "The CA has expired; make a new one with --force and give it to every device.");
}

/** 127 random bits, positive: no two certificates of a CA share a number. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString("hex");
}

function pem(certificate: X509Certificate): string {
  return `${certificate.toString("pem").trim()}\n`;
}

function exportKey(key: webcrypto.CryptoKey): string {
  return KeyObject.from(key).export({ format: "pem", type: "pkcs8" }).toString();
}
