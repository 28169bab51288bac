/** Strict accuracy: how often a model answers as the program while components that hold no variable have what they had on other inputs. */
import * as z from 'zod';
import { OptionError } from '../errors.js';
import type { TransformerConfig } from '../model/formats/transformer/graph/config.js';
import { isTransformer, type Transformer } from '../model/formats/transformer/run/model.js';
import type { Intervention } from '../model/model.js';
import { checkOptions, signalSchema, type ShapeOf } from '../options.js';
import { alignmentSchema, type ClaimedAlignment } from '../program/alignment.js';
import { interchangeCount } from '../program/interchange/cases.js';
import { inputListSchema, InputPool, inputsOf } from '../program/interchange/inputs.js';
import { placesOf } from '../program/interchange/places.js';
import type { Value } from '../program/language/value.js';
import type { Program } from '../program/program.js';
import { random, type Random } from '../random.js';
import { passOf } from '../rows.js';
import { breathe } from '../signal.js';
import { unitsOf, type Unit } from './units.js';
import { argmaxIfNumbers } from '../argmax.js';

/** Options of `strictAccuracy`. */
export interface StrictOptions<T> {
  /** the heads and neurons that hold each variable */
  readonly alignment: ClaimedAlignment;
  /** lists of tokens: bases and sources. @defaultValue every input of the program; 1000 random ones where they are more than 10,000 */
  readonly inputs?: readonly (readonly T[])[] | undefined;
  /** what has at most so many swaps is counted out; otherwise so many are drawn. @defaultValue 4096 */
  readonly limit?: number | undefined;
  /** what is drawn follows from it. @defaultValue 0 */
  readonly seed?: number | undefined;
  /** cancels the work: CancelledError */
  readonly signal?: AbortSignal | undefined;
}

/** Of one component, or of all together. */
export interface UnitAccuracy {
  readonly name: string;
  readonly tried: number;
  readonly agree: number;
  /** agree / tried */
  readonly accuracy: number;
  /** true: every base was tried with every source of its length, of the inputs that were given or of all that there are */
  readonly exhaustive: boolean;
}

const schema = z.strictObject({
  alignment: alignmentSchema,
  inputs: inputListSchema.optional(),
  limit: z.int().min(1).default(4096),
  seed: z.int().default(0),
  signal: signalSchema.optional(),
} satisfies ShapeOf<StrictOptions<Value>>);

/** Rows of a pass. */
const ROWS = 256;

type Pair<T> = readonly [base: readonly T[], source: readonly T[]];

/** How many of these pairs come out as the program has it. */
async function agreeing<T extends Value, O extends Value>(
  model: Transformer,
  program: Program<T, O>,
  interventions: readonly Pick<Intervention, 'site' | 'at'>[],
  pairs: readonly Pair<T>[],
  signal: AbortSignal | undefined,
): Promise<number> {
  const inputs = pairs.map(([, source]) => program.encode(source));
  const { logits } = await passOf(signal, pairs.length, () =>
    model.run(
      pairs.map(([base]) => program.encode(base)),
      { interventions: interventions.map((part) => ({ ...part, by: { kind: 'resample', inputs } })) },
    ),
  );
  const [, positions, classes] = logits.shape as [number, number, number];
  const answer = (at: number): O | undefined => {
    const best = argmaxIfNumbers(logits.data, at * classes, classes);
    return best === undefined ? undefined : program.outputs[best];
  };
  return pairs.filter(([base], row) =>
    program.run(base).output.every((value, i) => value === answer(row * positions + i + 1)),
  ).length;
}

function pairsOf<T extends Value>(
  pool: InputPool<T>,
  limit: number,
  draw: Random,
): { readonly pairs: readonly Pair<T>[]; readonly exhaustive: boolean } {
  // a swap is an interchange of one thing
  if (interchangeCount(pool, 1) <= limit)
    return {
      pairs: [...pool.byLength.values()].flatMap((inputs) =>
        inputs.flatMap((base) => inputs.map((source): Pair<T> => [base, source])),
      ),
      exhaustive: pool.complete,
    };
  return {
    pairs: Array.from({ length: limit }, (): Pair<T> => {
      const base = pool.draw(draw);
      return [base, pool.draw(draw, base.length)];
    }),
    exhaustive: false,
  };
}

/** @throws OptionError for an alignment with parts that are no heads or neurons */
export function unitsFor(config: TransformerConfig, placed: Parameters<typeof unitsOf>[1]): readonly Unit[] {
  const units = unitsOf(config, placed);
  if (units === undefined)
    throw new OptionError({
      what: 'the alignment has parts that are neither heads (hook_z) nor neurons (hook_post): which components are left, it does not say',
      where: 'alignment',
      hint: 'align variables to heads and neurons, or train with weights: { strict: 0 }',
    });
  return units;
}

/**
 * Takes the activation of components that no variable is aligned to from other inputs of the same length, where the model should answer as before (Gupta et al. 2024, arXiv 2407.14494): each head,
 * the remaining neurons of each layer, and, as `all`, everything at once. An input counts where every answer is the program's.
 * @throws OptionError, ProgramError, InterventionError, CancelledError
 */
export async function strictAccuracy<T extends Value, O extends Value>(
  model: Transformer,
  program: Program<T, O>,
  options: StrictOptions<T>,
): Promise<readonly UnitAccuracy[]> {
  if (!isTransformer(model))
    throw new OptionError({ what: 'this is no transformer', where: 'strictAccuracy', hint: 'give what `train` makes' });
  const { alignment, limit, seed, signal } = checkOptions(
    schema,
    options as StrictOptions<Value>,
    'options of strictAccuracy',
  );
  const units = unitsFor(model.config, placesOf(model, program, alignment));
  const pool =
    options.inputs === undefined
      ? inputsOf(program, random(seed, 'inputs'), undefined)
      : new InputPool(program, options.inputs, undefined, true);
  const cases = units.map(({ name, part }) => ({ name, parts: [part] }));
  if (units.length > 1) cases.push({ name: 'all', parts: units.map(({ part }) => part) });
  const found: UnitAccuracy[] = [];
  for (const { name, parts } of cases) {
    const { pairs, exhaustive } = pairsOf(pool, limit, random(seed, `swaps of ${name}`));
    let agree = 0;
    for (let from = 0; from < pairs.length; from += ROWS) {
      await breathe(signal);
      agree += await agreeing(model, program, parts, pairs.slice(from, from + ROWS), signal);
    }
    found.push({ name, tried: pairs.length, agree, accuracy: agree / pairs.length, exhaustive });
  }
  return found;
}
