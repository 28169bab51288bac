/** Changes of a transformer's weights that keep what it computes, and how: a measure or a verdict that they move is wrong. */
import type * as fc from 'fast-check';
import { OptionError } from '../src/errors.js';
import type { Model } from '../src/model/model.js';
import { checkKeys, suggest } from '../src/options.js';
import { plainArbitrary, shorter, type Dice } from './_internals/weights/arbitrary.js';
import { asTransformer, Draft } from './_internals/weights/draft.js';
import {
  growths,
  kindOf,
  maps,
  reductions,
  symmetryNames,
  type SymmetryName,
  type SymmetryStep,
} from './_internals/weights/symmetry/index.js';
import { type Symmetry, plains, build } from './_internals/symmetry.js';

export { symmetryNames, type SymmetryName, type SymmetryStep } from './_internals/weights/symmetry/index.js';

/** What `symmetries` draws. */
export interface SymmetriesConstraints {
  /** which kinds of change. @defaultValue all that the model's architecture and weights allow */
  readonly kinds?: readonly SymmetryName[];
  /** elementary changes at most. @defaultValue 4 */
  readonly maxSteps?: number;
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
export function symmetries(model: Model, options: SymmetriesConstraints = {}): fc.Arbitrary<Symmetry> {
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
