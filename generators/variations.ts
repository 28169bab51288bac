import * as fc from 'fast-check';
import { OptionError } from '../src/errors.js';
import { checkKeys } from '../src/options.js';
import type { Variation } from '../src/program/compiler/layout.js';
import type { Value } from '../src/program/language/value.js';
import { Program } from '../src/program/program.js';
import { distractorsFor } from './_internals/distractors.js';
import { printed } from './_internals/printed.js';

/** What `variations` draws. */
export interface VariationsConstraints {
  /** blocks by which a variable comes later, at most. @defaultValue 2 */
  readonly maxDelay?: number;
  /** programs that are computed beside, at most. @defaultValue 2 */
  readonly maxDistractors?: number;
}

const inWords = ({ distractors, ...plain }: Variation): string =>
  JSON.stringify({ ...plain, ...(distractors && { distractors: distractors.map(({ name }) => name) }) });

/**
 * Implementations of one program, for `compile(program, { variation })`: parts in later blocks, in another order, in other units; larger models; others that compute something else beside.
 * All compute the program exactly. Shrinks towards the plain compilation, `{}`. Of a compiled model `symmetries` makes more: rotations of the residual stream, heads that are split.
 * @throws OptionError
 */
export function variations<T extends Value, O extends Value>(
  program: Program<T, O>,
  options: VariationsConstraints = {},
): fc.Arbitrary<Variation> {
  checkKeys(options, ['maxDelay', 'maxDistractors'], 'options of variations');
  const { maxDelay = 2, maxDistractors = 2 } = options;
  if (!(program instanceof Program))
    throw new OptionError({
      what: 'what is varied is no program',
      where: 'variations',
      hint: 'give what `program` makes',
    });
  for (const [name, most] of Object.entries({ maxDelay, maxDistractors }))
    if (!Number.isInteger(most) || most < 0)
      throw new OptionError({
        what: `${name} is ${String(most)}`,
        where: 'options of variations',
        hint: 'give an integer from 0',
      });
  const delay = fc.integer({ min: 0, max: maxDelay });
  const size = (most: number): fc.Arbitrary<number> => fc.integer({ min: 1, max: most });
  return fc
    .record(
      {
        delays: fc.record(Object.fromEntries(program.variables.map(({ name }) => [name, delay])), { requiredKeys: [] }),
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
    .map((variation) => printed(variation, () => inWords(variation)));
}
