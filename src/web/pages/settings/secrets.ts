const ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
const LENGTH = 32;
const LENGTH_MIN = 16;
const LENGTH_MAX = 255;
const SECRETS_MAX = 50;

/** A secret of 32 characters without look-alikes (about 186 bits), from the browser's cryptographic random numbers. */
export function randomSecret(): string {
  // 224 = 4 × 56: bytes from there on would make the first characters likelier.
  const limit = 256 - (256 % ALPHABET.length);
  let secret = "";
  while (secret.length < LENGTH) {
    for (const byte of crypto.getRandomValues(new Uint8Array(LENGTH)))
      if (byte < limit && secret.length < LENGTH) secret += ALPHABET[byte % ALPHABET.length];
  }
  return secret;
}

/** What is wrong with a new enroll secret, by the API's own bounds; undefined when nothing is. */
export function secretProblem(secret: string, existing: readonly string[]): string | undefined {
  if (secret.length < LENGTH_MIN) return `At least ${LENGTH_MIN} characters`;
  if (secret.length > LENGTH_MAX) return `At most ${LENGTH_MAX} characters`;
  if (!/^[\u0021-\u007e]+$/u.test(secret)) return "Letters, digits and signs of ASCII only, without spaces";
  if (existing.includes(secret)) return "This secret exists already";
  return existing.length >= SECRETS_MAX ? `There are ${SECRETS_MAX} secrets, the most there can be: remove one first` : undefined;
}
