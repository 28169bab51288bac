/** Changes of a transformer's weights that keep what it computes, and how: a measure or a verdict that they move is wrong. */
import * as fc from 'fast-check';
import { OptionError } from '../src/errors.js';
import type { Model } from '../src/model/model.js';
import { transformer, type Transformer } from '../src/model/formats/transformer/run/model.js';
import { checkKeys, suggest } from '../src/options.js';
import { printed } from './_internals/printed.js';
import { plainArbitrary, shorter, type Dice } from './_internals/weights/arbitrary.js';
import { asTransformer, Draft, type Weighted } from './_internals/weights/draft.js';
import { checked, readPlain } from './_internals/weights/read.js';
import {
  growths,
  kindOf,
  maps,
  reductions,
  symmetryNames,
  turning,
  type SymmetryName,
  type SymmetryStep,
} from './_internals/weights/symmetry/index.js';

export { symmetryNames, type SymmetryName, type SymmetryStep } from './_internals/weights/symmetry/index.js';

/** A change that keeps function and mechanism. Prints what it did in words, then its steps as JSON that `symmetryOf` reads. */
export interface Symmetry {
  /** elementary changes, one after the other, as plain data */
  readonly steps: readonly SymmetryStep[];
  /** what they do, each in words */
  readonly description: string;
  /**
   * What becomes of the residual stream, a transformer's default representation: nothing, or the same up to a rotation, which changes coordinates
   * and no Gram. Inside heads and neurons activations may change.
   */
  readonly residual: 'same' | 'rotated';
  /** config and weights after the change */
  weights(): Weighted;
  /** the changed model, on the backend of the one it was made from; the caller disposes of it */
  apply(): Promise<Transformer>;
  toString(): string;
}

export interface SymmetriesOptions {
  /** Default: all that the model's architecture and weights allow */
  readonly kinds?: readonly SymmetryName[];
  /** elementary changes at most. Default 4 */
  readonly maxSteps?: number;
}

const plains = new WeakMap<object, { readonly model: Transformer; readonly steps: readonly SymmetryStep[] }>();

/**
 * The symmetry of a model that steps or their JSON describe.
 * @throws OptionError for a step that the model does not allow
 * @throws ModelError for a model that is no transformer
 */
export function symmetryOf(model: Model, from: readonly SymmetryStep[] | string): Symmetry {
  const original = asTransformer(model, 'symmetries');
  const steps = readPlain(from, 'symmetryOf');
  if (!Array.isArray(steps))
    throw new OptionError({
      what: 'the steps of a symmetry are not a list',
      where: 'symmetryOf',
      hint: 'give what a symmetry prints after its words',
    });
  const draft = new Draft(original);
  for (const [i, step] of steps.entries()) checkStep(step, i, draft);
  return build(original, steps);
}

function checkStep(step: SymmetryStep, i: number, draft: Draft): void {
  const where = `step ${i} of a symmetry`;
  const kind = kindOf(step?.kind);
  if (kind === undefined)
    throw new OptionError({
      what: `there is no symmetry "${String(step?.kind)}"`,
      where,
      hint: suggest(String(step?.kind), symmetryNames),
    });
  const wrong = checked(() => kind.misfit(step, draft));
  if (wrong !== undefined)
    throw new OptionError({
      what: `"${step.kind}" does not fit: ${wrong}`,
      where,
      hint: 'use the steps with the model they were made for',
    });
  kind.apply(draft, step);
}

function build(original: Transformer, steps: readonly SymmetryStep[]): Symmetry {
  const words =
    steps.length === 0 ? 'nothing changed' : steps.map((step) => kindOf(step.kind)!.description(step)).join('; ');
  const weights = (): Weighted => {
    const draft = new Draft(original);
    for (const step of steps) kindOf(step.kind)!.apply(draft, step);
    return draft.done();
  };
  const value = printed(
    {
      steps,
      description: words,
      residual: steps.some(({ kind }) => turning.includes(kind)) ? ('rotated' as const) : ('same' as const),
      weights,
      async apply(): Promise<Transformer> {
        const { config, weights: changed } = weights();
        return transformer(config, changed, { name: `${original.name} (${words})`, backend: original.backend });
      },
    },
    () => `${original.name}: ${words}\n${JSON.stringify(steps)}`,
  );
  plains.set(value, { model: original, steps });
  return value;
}

/** Maps on the original sizes, then growth; or one reduction, where the weights allow any. What is drawn stays valid without any of its steps. */
function draw(model: Draft, dice: Dice, offered: ReadonlySet<string>, maxSteps: number): SymmetryStep[] {
  const among = (kinds: typeof maps): typeof maps => kinds.filter(({ kind }) => offered.has(kind));
  const [keeping, growing, reducing] = [among(maps), among(growths), among(reductions)];
  if (reducing.length > 0 && ((keeping.length === 0 && growing.length === 0) || dice.between(0, 3) === 0))
    return [dice.pick(reducing).draw(model, dice)];
  const all = [...keeping, ...growing];
  const chosen = Array.from({ length: dice.between(1, maxSteps) }, () => dice.pick(all));
  return [...chosen.filter((kind) => keeping.includes(kind)), ...chosen.filter((kind) => growing.includes(kind))].map(
    (kind) => kind.draw(model, dice),
  );
}

function* simpler(steps: readonly SymmetryStep[]): Generator<readonly SymmetryStep[]> {
  yield* shorter(steps, 1);
  for (let at = 0; at < steps.length; at++)
    for (const step of kindOf(steps[at]!.kind)!.simpler(steps[at]!)) yield steps.with(at, step);
}

/** What shrinking makes smaller: steps, elementary changes in them, how large these are. */
export function size(steps: readonly SymmetryStep[]): number[] {
  const own = steps.map((step) => kindOf(step.kind)!.size(step));
  return [
    steps.length,
    own.reduce((total, [count]) => total + count, 0),
    own.reduce((total, [, magnitude]) => total + magnitude, 0),
  ];
}

/**
 * Symmetries of a transformer: neurons and heads in another order, other coordinates for the residual stream (any rotation without normalisation or with one by root mean square, those
 * that keep the sum of features with LayerNorm, any order of features always), neurons rescaled where the activation function allows it, invertible maps between values and what is
 * written of them and between queries and keys (with rotary: those that turn or scale a pair of features alike), constants that softmax does not see, weights moved between a normalisation and what
 * reads it; heads and neurons added that do nothing, split in two, and where the weights show it, removed or merged.
 *
 * Draws up to `maxSteps` of them; shrinks to fewer elementary changes, then to smaller ones.
 * @throws ModelError for a model that is no transformer, OptionError for an unknown option or kind, or where none of the kinds is possible
 */
export function symmetries(model: Model, options: SymmetriesOptions = {}): fc.Arbitrary<Symmetry> {
  checkKeys(options, ['kinds', 'maxSteps'], 'options of symmetries');
  const original = asTransformer(model, 'symmetries');
  const { kinds = symmetryNames, maxSteps = 4 } = options;
  if (!Number.isInteger(maxSteps) || maxSteps < 1)
    throw new OptionError({
      what: `maxSteps is ${String(maxSteps)}`,
      where: 'options of symmetries',
      hint: 'give a positive integer',
    });
  const unknown = kinds.find((kind) => kindOf(kind) === undefined);
  if (unknown !== undefined)
    throw new OptionError({
      what: `there is no symmetry "${unknown}"`,
      where: 'options of symmetries',
      hint: suggest(unknown, symmetryNames),
    });
  const draft = new Draft(original);
  const offered = new Set<string>(kinds.filter((kind) => kindOf(kind)!.offers(draft)));
  if (offered.size === 0)
    throw new OptionError({
      what: `${original.name} has no symmetry of the kinds ${kinds.join(', ')}`,
      where: 'options of symmetries',
      hint: 'leave kinds out',
    });
  return plainArbitrary<readonly SymmetryStep[], Symmetry>({
    draw: (dice) => draw(draft, dice, offered, maxSteps),
    simpler,
    size,
    build: (steps) => build(original, steps),
    plainOf: (value) => {
      const made = typeof value === 'object' && value !== null ? plains.get(value) : undefined;
      return made?.model === original ? made.steps : undefined;
    },
  });
}
