import type * as fc from 'fast-check';
import { OptionError, TaskError } from '../src/errors.js';
import { shapeKey } from '../src/model/input.js';
import type { Task } from '../src/task/task.js';
import type { InputsConstraints } from './inputs.js';
import { anyModel, differences, poolOf, type Example } from './_internals/pool.js';
import { type ExamplePair, type Candidates, Pairs } from './_internals/example-pair.js';
import { slotsOf, byPosition, bySlot } from './_internals/pair-candidates.js';
import { own } from './_internals/own-counterfactuals.js';

/**
 * In what base and source differ. `anything`: in whatever they do. `own`: as the task's own `counterfactual` makes them. `position`: in one token (or one entry of
 * a tensor), any or the one given, negative from the end. `slot`: in one slot of a template, any or the one given. Or a function that says whether a pair will do.
 */
export type Differ<I> =
  | 'anything'
  | 'own'
  | 'position'
  | 'slot'
  | { readonly position: number }
  | { readonly slot: string }
  | ((base: I, source: I) => boolean);

/** What `counterfactuals` draws. */
export interface CounterfactualsConstraints<I> extends InputsConstraints {
  /** in what base and source differ. @defaultValue `own` if the task has a counterfactual of its own, else `anything` */
  readonly differ?: Differ<I>;
}

/**
 * Pairs of inputs that differ in one chosen respect, of equal size as interventions need them. Both are inputs of the task, and to the model never the same. Shrinks towards the
 * simplest base, then the simplest source: the first of a finite list; of samples those with the fewest and smallest entries.
 *
 *     counterfactuals(addition, { differ: { position: 1 } })   // [3, 5] against [3, 7]
 *
 * @throws OptionError for an unknown respect; TaskError, when drawn, where no two inputs differ so
 */
export function counterfactuals<I>(
  task: Task<I>,
  options: CounterfactualsConstraints<I> = {},
): fc.Arbitrary<ExamplePair<I>> {
  const { pool: size = 1000, seed = 0, model = anyModel, differ = task.counterfactual ? 'own' : 'anything' } = options;
  const respects = ['anything', 'own', 'position', 'slot'];
  const [respect, which] =
    typeof differ === 'object' && differ !== null ? (Object.entries(differ)[0] ?? []) : [differ, undefined];
  const where = 'counterfactuals.differ';
  if (typeof respect === 'string' ? !respects.includes(respect) : typeof respect !== 'function')
    throw new OptionError({
      what: `inputs cannot differ in ${JSON.stringify(differ)}`,
      where,
      hint: `give one of ${respects.join(', ')}, { position: number }, { slot: name }, or a function of base and source`,
    });
  if (respect === 'own') return own(task, size, seed, model);
  if (respect === 'position' && which !== undefined && !Number.isInteger(which))
    throw new OptionError({
      what: `${String(which)} is no position`,
      where,
      hint: 'give an integer, negative from the end',
    });

  const pool = poolOf(task, task.examples(size, seed), model);
  if (
    respect === 'slot' &&
    !pool.some(({ input }) => slotsOf(input) && (which === undefined || String(which) in slotsOf(input)!))
  )
    throw new OptionError({
      what: `the inputs of task "${task.name}" have no ${which === undefined ? 'slots' : `slot {${String(which)}}`}`,
      where,
      hint: 'draw the inputs from a template with that slot',
    });
  const others = (base: Example<I>): Example<I>[] =>
    pool.filter(
      ({ encoded }) =>
        encoded !== base.encoded &&
        shapeKey(encoded) === shapeKey(base.encoded) &&
        differences(encoded, base.encoded, 1).length > 0,
    );
  const position = which === undefined ? undefined : (which as number);
  const candidates: Candidates<I> =
    respect === 'anything'
      ? others
      : typeof respect === 'function'
        ? (base) => others(base).filter(({ input }) => (respect as (base: I, source: I) => boolean)(base.input, input))
        : respect === 'slot'
          ? (base) => bySlot(task, base, which as string | undefined, model, others)
          : (base) => byPosition(task, base, position, pool, others);
  return new Pairs(pool, candidates, () => {
    throw new TaskError({
      what: `no two of ${pool.length} inputs of task "${task.name}" are of one size and differ only in the respect asked for`,
      where,
      hint: 'give the task such inputs, a larger `pool`, or ask for another respect',
    });
  });
}
