/** A program with a variation as heads, neurons and features: what there is before it has sizes and weights. */
import { z } from 'zod';
import { OptionError } from '../errors.js';
import type { ShapeOf } from '../options.js';
import { Composition } from './compiler/compose.js';
import type { OneHot } from './compiler/encoding.js';
import type { Holding } from './compiler/held.js';
import type { LeastSizes, Noise, Variation } from './compiler/layout.js';
import type { Sizes } from './compiler/sizes.js';
import { Wiring } from './compiler/wiring.js';
import type { Op } from './language/op.js';
import type { Value } from './language/value.js';
import { Program } from './program.js';

const more = z
  .int()
  .min(1)
  .max(2 ** 20)
  .optional();
const byName = <T extends z.ZodType>(one: T) => z.record(z.string(), one.optional()).optional();
export const sizesSchema = z
  .strictObject({
    n_layers: more,
    n_heads: more,
    d_head: more,
    d_model: more,
    d_mlp: more,
  } satisfies ShapeOf<LeastSizes>)
  .optional();
export const variationSchema = z.strictObject({
  copies: byName(z.enum(['mean', 'either'])),
  encodings: byName(z.enum(['one-hot', 'number'])),
  noise: z
    .strictObject({
      seed: z.int(),
      sizes: z.record(z.string(), z.number().min(0).max(1).optional()),
    } satisfies ShapeOf<Noise>)
    .optional(),
  delays: byName(z.int().min(0).max(1000)),
  atLeast: sizesSchema,
  distractors: z.array(z.instanceof(Program)).readonly().optional(),
  order: z.int().optional(),
  units: z.int().optional(),
} satisfies ShapeOf<Variation>);

/** How each variable is held, of those that are named. @throws ProgramError for a name that there is not */
function holdingsOf(program: Program, { copies, encodings, noise }: Variation): Map<Op, Holding> {
  const holdings = new Map<Op, Holding>();
  const add = <K extends keyof Holding>(what: K, by: Readonly<Record<string, Holding[K]>> = {}): void => {
    for (const [name, how] of Object.entries(by)) {
      const op = program.op(name);
      holdings.set(op, { ...holdings.get(op), [what]: how });
    }
  };
  add('copies', copies);
  add('encoding', encodings);
  add('noise', noise?.sizes);
  return holdings;
}

/** What programs compute that a model does beside its own. @throws OptionError where one is over other inputs */
function distracting<T extends Value, O extends Value>(
  { name, vocabulary, maxLength, causal }: Program<T, O>,
  others: readonly Program[],
): Op[] {
  for (const other of others)
    if (
      other.maxLength !== maxLength ||
      other.causal !== causal ||
      other.vocabulary.length !== vocabulary.length ||
      other.vocabulary.some((token, i) => token !== vocabulary[i])
    )
      throw new OptionError({
        what: `the distractor ${other.name} is not over the inputs of ${name}`,
        where: 'compile options.variation.distractors',
        hint: 'give programs with the same vocabulary, maxLength and causal',
      });
  return others.flatMap((other) => other.ops);
}

export interface Composed {
  readonly composition: Composition;
  readonly holdings: ReadonlyMap<Op, Holding>;
  /** one for each value of the output */
  readonly output: OneHot;
}

/**
 * @param limits the largest sizes
 * @throws CompilationError where float32 cannot compute it exactly, or it is too large; OptionError, ProgramError
 */
export function composed<T extends Value, O extends Value>(
  program: Program<T, O>,
  variation: Variation,
  limits: Partial<Sizes> = {},
): Composed {
  const { ops, vocabulary, maxLength } = program;
  const delays = new Map(
    Object.entries(variation.delays ?? {}).map(([name, blocks = 0]) => [program.op(name), blocks]),
  );
  const holdings = holdingsOf(program as unknown as Program, variation);
  const composition = new Composition(
    [...ops, ...distracting(program, variation.distractors ?? [])],
    vocabulary.length,
    maxLength,
    new Wiring(limits, delays),
    holdings,
  );
  return { composition, holdings, output: composition.held.oneHot(ops.at(-1)!) };
}
