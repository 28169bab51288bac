/** Seeded randomness: every random choice of a run comes from one seed, through named streams that do not disturb each other. */
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { uniformInt } from 'pure-rand/distribution/uniformInt';

/** A stream of random numbers that follows from a seed. */
export interface Random {
  /** uniform integer in [0, n) */
  below(n: number): number;
  /** uniform in [0, 1), 32 bits */
  unit(): number;
  /** standard normal (Box-Muller) */
  normal(): number;
  /** a uniformly random permutation of 0..n-1 */
  permutation(n: number): Uint32Array;
  /** k distinct integers of [0, n), ascending */
  subset(n: number, k: number): Uint32Array;
}

/** FNV-1a over the label's UTF-16 units, mixed with the seed. */
function mix(seed: number, label: string): number {
  let h = (0x811c9dc5 ^ seed) >>> 0;
  for (let i = 0; i < label.length; i++) h = Math.imul(h ^ label.charCodeAt(i), 0x01000193) >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b) >>> 0;
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35) >>> 0;
  return (h ^ (h >>> 16)) | 0;
}

/** A stream of random numbers that depends on nothing but the seed and the label. */
export function random(seed: number, label: string): Random {
  const generator = xoroshiro128plus(mix(seed, label));
  const below = (n: number): number => uniformInt(generator, 0, n - 1);
  const unit = (): number => uniformInt(generator, 0, 0xffffffff) / 0x100000000;
  const permutation = (n: number): Uint32Array => {
    const order = Uint32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = below(i + 1);
      const held = order[i]!;
      order[i] = order[j]!;
      order[j] = held;
    }
    return order;
  };
  return {
    below,
    unit,
    normal: () => Math.sqrt(-2 * Math.log(1 - unit())) * Math.cos(2 * Math.PI * unit()),
    permutation,
    subset: (n, k) => permutation(n).slice(0, k).sort(),
  };
}
