import { argon2, randomBytes, timingSafeEqual } from "node:crypto";
import { availableParallelism } from "node:os";
import { tooManyRequests } from "../http/errors.ts";

/** Hashes and checks passwords, a few at a time, off the main thread. */
export interface Passwords {
  /** Argon2id in PHC format, with a fresh salt. */
  hash(password: string): Promise<string>;
  /** `stored` null: there is no such account; takes as long as with one, and is false. */
  verify(password: string, stored: string | null): Promise<boolean>;
  /** Was it made with other parameters than today's? */
  isOutdated(stored: string): boolean;
}

interface Parameters {
  memoryKiB: number;
  passes: number;
  parallelism: number;
}

interface Phc extends Parameters {
  salt: Buffer;
  hash: Buffer;
}

/** OWASP's recommendation for argon2id: 19 MiB, two passes, one lane. */
const PARAMETERS: Parameters = { memoryKiB: 19_456, passes: 2, parallelism: 1 };
const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** Argon2's version 1.3, the only one in use. */
const PHC = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;
/** Waiting checks before more are refused: each holds 19 MiB and some 30 ms of a core while it runs. */
const WAITING_MAX = 64;

/** What an unknown account is checked against: no password has this hash. */
const NOBODY: Phc = { ...PARAMETERS, salt: Buffer.alloc(SALT_BYTES), hash: Buffer.alloc(HASH_BYTES) };

/**
 * Makes the one hasher of a process. Above its bounds it refuses with 429 instead of queueing without end. At most three at once: the
 * fourth thread of Node's pool stays free for files and names.
 */
export function createPasswords(concurrency = Math.min(3, availableParallelism()), waitingMax = WAITING_MAX): Passwords {
  const run = createGate(concurrency, waitingMax);
  return {
    async hash(password) {
      const salt = randomBytes(SALT_BYTES);
      const hash = await run(() => derive(password, { ...PARAMETERS, salt }, HASH_BYTES));
      return formatPhc({ ...PARAMETERS, salt, hash });
    },
    async verify(password, stored) {
      const expected = stored === null ? NOBODY : parsePhc(stored);
      const actual = await run(() => derive(password, expected, expected.hash.length));
      return timingSafeEqual(actual, expected.hash) && stored !== null;
    },
    isOutdated(stored) {
      const { memoryKiB, passes, parallelism, hash } = parsePhc(stored);
      const same = memoryKiB === PARAMETERS.memoryKiB && passes === PARAMETERS.passes && parallelism === PARAMETERS.parallelism;
      return !same || hash.length !== HASH_BYTES;
    },
  };
}

function derive(password: string, { memoryKiB, passes, parallelism, salt }: Omit<Phc, "hash">, length: number): Promise<Buffer> {
  // one form of each letter: a composed and a decomposed é are the same password on every keyboard
  const message = password.normalize("NFC");
  const parameters = { message, nonce: salt, memory: memoryKiB, passes, parallelism, tagLength: length };
  return new Promise((resolve, reject) => {
    argon2("argon2id", parameters, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}

function formatPhc({ memoryKiB, passes, parallelism, salt, hash }: Phc): string {
  return `$argon2id$v=19$m=${memoryKiB},t=${passes},p=${parallelism}$${base64(salt)}$${base64(hash)}`;
}

function base64(bytes: Buffer): string {
  return bytes.toString("base64").replace(/=+$/, "");
}

function parsePhc(text: string): Phc {
  const [, memory, passes, parallelism, salt, hash] = PHC.exec(text) ?? [];
  if (salt === undefined || hash === undefined) throw new Error("a stored password hash is not argon2id in PHC format");
  return {
    memoryKiB: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    salt: Buffer.from(salt, "base64"),
    hash: Buffer.from(hash, "base64"),
  };
}

/** Runs at most `concurrency` tasks at once; at most `waitingMax` wait, in order. */
function createGate(concurrency: number, waitingMax: number) {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async function run<T>(task: () => Promise<T>): Promise<T> {
    if (running >= concurrency) {
      if (waiting.length >= waitingMax) throw tooManyRequests(2, "base", "Too many logins at once. Try again in two seconds.");
      // whoever ends hands its place on, so `running` stays as it is
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else {
      running += 1;
    }
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
