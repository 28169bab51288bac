import * as fc from 'fast-check';
import { OptionError } from '../src/errors.js';
import { checkKeys } from '../src/options.js';
import type { Variation } from '../src/program/compiler/layout.js';
import type { Value } from '../src/program/language/value.js';
import { checkProgram, type Program } from '../src/program/program.js';
import { distractorsFor } from './_internals/distractors.js';
import { noiseBounds, possible } from './_internals/noise.js';
import { printed } from './_internals/printed.js';

/** What `variations` draws. */
export interface VariationsConstraints {
  /** blocks by which a variable comes later, at most. @defaultValue 2 */
  readonly maxDelay?: number;
  /** programs that are computed beside, at most. @defaultValue 2 */
  readonly maxDistractors?: number;
  /** the largest noise, as a share of what is written; where a variable bears less, as much as it bears. @defaultValue 0.125 */
  readonly maxNoise?: number;
}

const inWords = ({ distractors, ...plain }: Variation): string =>
  JSON.stringify({ ...plain, ...(distractors && { distractors: distractors.map(({ name }) => name) }) });

/**
 * Implementations of one program, for `compile(program, { variation })`: parts in later blocks, in another order, in other units; variables that are computed twice, held in another way, or with noise; larger models;
 * others that compute something else beside.
 * All compute the program exactly. Shrinks towards the plain compilation, `{}`. Of a compiled model `symmetries` makes more: rotations of the residual stream, heads that are split.
 * @throws OptionError
 */
export function variations<T extends Value, O extends Value>(
  program: Program<T, O>,
  options: VariationsConstraints = {},
): fc.Arbitrary<Variation> {
  checkKeys(options, ['maxDelay', 'maxDistractors', 'maxNoise'], 'options of variations');
  const { maxDelay = 2, maxDistractors = 2, maxNoise = 2 ** -3 } = options;
  checkProgram(program, 'variations', 'what is varied');
  for (const [name, most] of Object.entries({ maxDelay, maxDistractors }))
    if (!Number.isInteger(most) || most < 0)
      throw new OptionError({
        what: `${name} is ${String(most)}`,
        where: 'options of variations',
        hint: 'give an integer from 0',
      });
  if (!(maxNoise >= 0 && maxNoise <= 1))
    throw new OptionError({
      what: `maxNoise is ${String(maxNoise)}`,
      where: 'options of variations',
      hint: 'give a number from 0 to 1',
    });
  const delay = fc.integer({ min: 0, max: maxDelay });
  const bounds = maxNoise > 0 ? noiseBounds(program, maxNoise) : new Map<string, number>();
  const each = <U>(of: (name: string) => fc.Arbitrary<U>): fc.Arbitrary<Readonly<Record<string, U | undefined>>> =>
    fc.record(Object.fromEntries(program.variables.map(({ name }) => [name, of(name)])), {
      requiredKeys: [],
      noNullPrototype: true,
    });
  const size = (most: number): fc.Arbitrary<number> => fc.integer({ min: 1, max: most });
  return fc
    .record(
      {
        delays: each(() => delay),
        copies: each(() => fc.constantFrom('mean' as const, 'either' as const)),
        encodings: each(() => fc.constantFrom('one-hot' as const, 'number' as const)),
        ...(maxNoise > 0 && {
          noise: fc.record({
            seed: fc.nat(),
            sizes: each((name) =>
              fc.integer({ min: 0, max: 6 }).map((halvings) => bounds.get(name)! * 2 ** (halvings - 6)),
            ),
          }),
        }),
        atLeast: fc.record(
          { n_layers: size(6), n_heads: size(4), d_head: size(24), d_model: size(128), d_mlp: size(128) },
          { requiredKeys: [] },
        ),
        distractors: fc.array(fc.constantFrom(...distractorsFor(program as unknown as Program)), {
          maxLength: maxDistractors,
        }),
        order: fc.nat(),
        units: fc.nat(),
      },
      { requiredKeys: [], noNullPrototype: true },
    )
    .filter((variation) => possible(program, variation))
    .map((variation) => printed(variation, () => inWords(variation)));
}
