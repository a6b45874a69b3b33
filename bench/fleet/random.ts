/**
 * A number from 0 to 2^32 − 1 that looks random and is always the same for the same inputs, so that every run of the bench sends the
 * same fleet (the mixing steps are those of MurmurHash3's finaliser).
 */
export function seeded(...inputs: number[]): number {
  let h = 0x9e3779b9;
  for (const input of inputs) {
    h = Math.imul(h ^ input, 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    h ^= h >>> 16;
  }
  return h >>> 0;
}
