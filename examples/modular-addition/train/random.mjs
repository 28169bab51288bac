// Seeded randomness for the recipes: one generator per (seed, purpose), so that one purpose never shifts another.
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { uniformInt } from 'pure-rand/distribution/uniformInt';

/** A stream of random numbers for one seed and one purpose (a small integer). */
export function stream(seed, purpose) {
  const generator = xoroshiro128plus((Math.imul(seed, 0x9e3779b1) ^ Math.imul(purpose + 1, 0x85ebca6b)) | 0);
  for (let i = 0; i < 8; i++) uniformInt(generator, 0, 1); // leave the seed's neighbourhood
  const below = (n) => uniformInt(generator, 0, n - 1);
  const unit = () => uniformInt(generator, 0, 0xffffffff) / 0x100000000;
  return {
    below,
    unit,
    /** standard normal (Box-Muller) */
    normal: () => Math.sqrt(-2 * Math.log(1 - unit())) * Math.cos(2 * Math.PI * unit()),
    /** a uniformly random permutation of 0..n-1 (Fisher-Yates) */
    permutation(n) {
      const order = Array.from({ length: n }, (_, i) => i);
      for (let i = n - 1; i > 0; i--) {
        const j = below(i + 1);
        [order[i], order[j]] = [order[j], order[i]];
      }
      return order;
    },
  };
}
