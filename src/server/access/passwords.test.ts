import { describe, expect, test } from "vitest";
import { createPasswords } from "./passwords.ts";

const passwords = createPasswords(2);

describe("passwords", () => {
  test("are stored as argon2id in PHC format with 19 MiB, two passes, one lane and a salt of their own", async () => {
    const [one, two] = await Promise.all([passwords.hash("correct horse"), passwords.hash("correct horse")]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(two).not.toBe(one);
    expect(passwords.isOutdated(one)).toBe(false);
  });

  test("verify, and only the right one", async () => {
    const stored = await passwords.hash("pässwörd and more");
    expect(await passwords.verify("pässwörd and more", stored)).toBe(true);
    // the same letters, decomposed, as some keyboards send them
    expect(await passwords.verify("pässwörd and more".normalize("NFD"), stored)).toBe(true);
    expect(await passwords.verify("passwörd and more", stored)).toBe(false);
    expect(await passwords.verify("", stored)).toBe(false);
  });

  test("agree with a published vector's program: argon2 -id -t 2 -k 65536 -p 1 of `password` with salt `somesalt`", async () => {
    const stored = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    expect(await passwords.verify("password", stored)).toBe(true);
    expect(passwords.isOutdated(stored)).toBe(true);
  });

  test("of nobody are false, for the price of a real check", async () => {
    const stored = await passwords.hash("correct horse");
    const timeOf = async (hash: string | null): Promise<number> => {
      const start = process.cpuUsage();
      for (let i = 0; i < 5; i++) expect(await passwords.verify("wrong horse", hash)).toBe(false);
      const { user } = process.cpuUsage(start);
      return user;
    };
    await timeOf(null);
    const [known, unknown] = [await timeOf(stored), await timeOf(null)];
    expect(unknown / known).toBeGreaterThan(0.4);
    expect(unknown / known).toBeLessThan(2.5);
  });

  test("wait in a bounded queue", async () => {
    const one = createPasswords(1, 4);
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => one.verify("x", null)));
    const refused = results.filter((result) => result.status === "rejected");
    expect(refused).toHaveLength(3);
    expect(refused[0]?.reason).toMatchObject({ status: 429, retryAfterSeconds: 2 });
    expect(await one.verify("x", null)).toBe(false);
  });

  test("refuse a stored text that is no such hash", async () => {
    await expect(passwords.verify("x", "$2b$10$abc")).rejects.toThrow(/PHC/);
  });
});
