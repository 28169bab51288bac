/** Variables in subspaces of one site: what is refused is what would undo itself. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { OptionError } from '../../../src/errors.js';
import type { Activation } from '../../../src/model/model.js';
import type { Part } from '../../../src/program/alignment.js';
import type { Compilation } from '../../../src/program/compilation.js';
import { compile } from '../../../src/program/compile.js';
import type { PlacedPart } from '../../../src/program/interchange/placed.js';
import { placesOf } from '../../../src/program/interchange/places.js';
import { projected } from '../../../src/program/interchange/subspace.js';
import { random } from '../../../src/random.js';
import { errorOf } from '../../helpers/error-of';
import { repeats } from './programs';

const SITE = 'blocks.0.hook_resid_post';
let compiled: Compilation<0 | 1 | 2, boolean>;
beforeAll(async () => {
  compiled = await compile(repeats, { backend: 'wasm' });
});
afterAll(() => compiled.dispose());

const placesFor = (often: Part, repeated: Part) =>
  placesOf(compiled.model, repeats, { often: [often], repeated: [repeated] });
const refuses = (often: Part, repeated: Part): boolean => {
  try {
    placesFor(often, repeated);
    return false;
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    return true;
  }
};

/** Replaces one after the other, and says how far each is from what it was replaced with: [first, second]. */
function left(parts: readonly PlacedPart[], width: number, seed: number): number[] {
  const { normal } = random(seed, 'activations');
  const drawn = (): Activation => ({
    site: SITE,
    shape: [1, 1, width],
    data: Float32Array.from({ length: width }, normal),
  });
  const sources = parts.map(drawn);
  let current = drawn();
  const where = { rows: [0], at: {}, length: 1 };
  parts.forEach((part, i) => (current = projected(part, current, sources[i]!, where)));
  return parts.map(({ at, directions }, i) => {
    const selected = at['feature'] ?? Array.from({ length: width }, (_, k) => k);
    const along = ({ data }: Activation, u: readonly number[]): number =>
      selected.reduce((sum, k, j) => sum + u[j]! * data[k]!, 0);
    return Math.max(...directions!.map((u) => Math.abs(along(current, u) - along(sources[i]!, u))));
  });
}

test('subspaces of one site are two places just where neither replacement undoes the other', () => {
  const width = compiled.sizes.d_model;
  const unit = (angle: number): number[] => [Math.cos(angle), Math.sin(angle)];
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.nat(width - 1), { minLength: 3, maxLength: 3 }),
      fc.constantFrom(0, Math.PI / 2, 0.3, 1.2, Math.PI / 2 + 0.1),
      fc.double({ min: -3, max: 3, noNaN: true }),
      fc.integer(),
      ([a, b, c], turn, angle, seed) => {
        // over the same features, over others in part, and over none in common
        const first: Part = { site: SITE, at: { feature: [a!, b!] }, directions: [unit(angle)] };
        for (const features of [
          [a!, b!],
          [b!, a!],
          [b!, c!],
        ]) {
          const second: Part = { site: SITE, at: { feature: features }, directions: [unit(angle + turn)] };
          const product = features.reduce((sum, feature, k) => {
            const at = [a!, b!].indexOf(feature);
            return at < 0 ? sum : sum + unit(angle)[at]! * unit(angle + turn)[k]!;
          }, 0);
          // what is near the tolerance is either
          if (Math.abs(product) > 1e-9 && Math.abs(product) < 0.01) continue;
          const refused = refuses(first, second);
          expect(refused).toBe(Math.abs(product) > 0.01);
          if (refused) continue;
          const parts = placesFor(first, second).map((placed) => placed.parts[0]!);
          for (const distance of left(parts, width, seed)) expect(distance).toBeLessThan(1e-5);
        }
      },
    ),
  );
});

test('a subspace that another leans on would be undone', () => {
  const width = compiled.sizes.d_model;
  const part = (directions: number[][]): Part => ({ site: SITE, at: { feature: [0, 1] }, directions });
  expect(() => placesFor(part([[1, 0]]), part([[Math.SQRT1_2, Math.SQRT1_2]]))).toThrow(
    errorOf(OptionError, 'often and of repeated overlap'),
  );
  const inclined = placesFor(part([[1, 0]]), part([[0, 1]])).map(({ parts }) => parts[0]!);
  inclined[1] = { ...inclined[1]!, directions: [[Math.SQRT1_2, Math.SQRT1_2]] };
  expect(left(inclined, width, 1)[0]).toBeGreaterThan(0.01);
  // at other positions it is another place
  const at = (position: number[]): Part => ({ site: SITE, at: { position }, directions: [unitOf(width)] });
  expect(refuses(at([1]), at([1]))).toBe(true);
  expect(refuses(at([1]), at([2]))).toBe(false);
});

const unitOf = (width: number): number[] => Array.from({ length: width }, (_, i) => Number(i === 0));
