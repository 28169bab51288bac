/** A task: inputs, counterfactuals, a measure of behaviour, and the threshold below which a model is not judged. */
import { z } from 'zod';
import { BehaviourError, InputError, TaskError } from '../errors.js';
import type { Tokens } from '../model/model.js';
import { checkOptions } from '../options.js';
import { random, type Random } from '../random.js';
import type { Behaviour } from './behaviour.js';

/** A possibly endless source of inputs. */
export interface InputSource<I> {
  /** n inputs; the same for the same seed */
  sample(n: number, seed: number): readonly I[];
}

export type Threshold = { readonly atLeast: number } | { readonly atMost: number };

export interface TaskOptions<I> {
  /** for reports */
  readonly name: string;
  /** a finite list, or a source that samples */
  readonly inputs: readonly I[] | InputSource<I>;
  /** an input as token ids; default: the input itself, which must then be a list of integers */
  readonly tokens?: (input: NoInfer<I>) => Tokens;
  /** a counterfactual with as many tokens; default: another input of the task, drawn by seed */
  readonly counterfactual?: (input: NoInfer<I>, random: Random) => NoInfer<I>;
  /** any, because TypeScript cannot infer what `accuracy(([a, b]) => ...)` takes from the inputs beside it */
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly behaviour: Behaviour<any>;
  /** `{ atLeast }` where higher is better, `{ atMost }` where lower is: a model below it is not judged, an implementation rejected */
  readonly require: Threshold;
}

/** Inputs fixed by a seed, with their tokens: what representations are taken over. */
export interface Examples<I = unknown> {
  readonly inputs: readonly I[];
  readonly tokens: readonly Tokens[];
  /** indices of the inputs that have equally many tokens: each group runs as one batch, so nothing is padded */
  readonly groups: readonly (readonly number[])[];
}

export interface Task<I = unknown> {
  readonly name: string;
  readonly behaviour: Behaviour<I>;
  readonly require: Threshold;
  /** the threshold in words: `at least 0.99` */
  readonly threshold: string;
  /** number of inputs where they are a finite list */
  readonly size: number | undefined;
  /**
   * n distinct inputs of a finite list (all of them where there are no more), or n samples of a source.
   * @throws TaskError where there are none
   */
  examples(n: number, seed: number): Examples<I>;
  /** One counterfactual's tokens per example, as many tokens as the example has. */
  counterfactuals(examples: Examples<I>, seed: number): readonly Tokens[];
  /** true where a mean score meets the threshold; NaN never does */
  meets(score: number): boolean;
}

/** A task over inputs of any type: what compares models does not look into them. */
// oxlint-disable-next-line typescript/no-explicit-any
export type AnyTask = Task<any>;
// oxlint-disable-next-line typescript/no-explicit-any
export type AnyExamples = Examples<any>;

const schema = z.strictObject({
  name: z.string().min(1),
  inputs: z.union([z.array(z.unknown()), z.custom<InputSource<unknown>>((v) => typeof (v as { sample?: unknown } | null)?.sample === 'function')], {
    error: 'inputs must be a list, or a source with a sample(n, seed) method',
  }),
  tokens: z.custom<(input: unknown) => Tokens>((v) => typeof v === 'function', { error: 'tokens must be a function' }).optional(),
  counterfactual: z
    .custom<(input: unknown, random: Random) => unknown>((v) => typeof v === 'function', { error: 'counterfactual must be a function' })
    .optional(),
  behaviour: z.custom<Behaviour<unknown>>((v) => typeof (v as { score?: unknown } | null)?.score === 'function', {
    error: 'behaviour must be one of accuracy(...), crossEntropy(...), klToClean() or an object with their members',
  }),
  require: z.union([z.strictObject({ atLeast: z.number() }), z.strictObject({ atMost: z.number() })], {
    error: 'require must be { atLeast: number } or { atMost: number }',
  }),
});

function checkTokens(tokens: unknown, index: number): Tokens {
  if (!Array.isArray(tokens) || tokens.length === 0 || !tokens.every((t) => Number.isInteger(t) && t >= 0))
    throw new InputError({
      what: `input ${index} is not a list of token ids: ${JSON.stringify(tokens)?.slice(0, 80)}`,
      where: 'task.inputs',
      todo: 'give the task a `tokens` function that turns an input into non-negative integers',
    });
  return tokens as Tokens;
}

function groupByLength(tokens: readonly Tokens[]): number[][] {
  const groups = new Map<number, number[]>();
  tokens.forEach((row, index) => {
    const group = groups.get(row.length);
    if (group) group.push(index);
    else groups.set(row.length, [index]);
  });
  return [...groups.values()];
}

/**
 * Declares a task.
 * @throws OptionError for an unknown or impossible option
 * @throws TaskError for an empty list of inputs, or a threshold on the wrong side of the behaviour
 */
export function defineTask<I>(options: TaskOptions<I>): Task<I> {
  checkOptions(schema, options, 'task');
  const { name, inputs, behaviour, require } = options;
  const toTokens = options.tokens ?? ((input: I) => input as unknown as Tokens);
  const list = Array.isArray(inputs) ? (inputs as readonly I[]) : undefined;
  const source = list ? undefined : (inputs as InputSource<I>);
  if (list?.length === 0)
    throw new TaskError({ what: `task "${name}" has no inputs`, where: 'task.inputs', todo: 'give at least a few hundred inputs, or an arbitrary' });
  const atLeast = 'atLeast' in require ? require.atLeast : undefined;
  if ((atLeast !== undefined) !== (behaviour.better === 'higher'))
    throw new TaskError({
      what: `${behaviour.name} is better when ${behaviour.better}, so its threshold is { ${behaviour.better === 'higher' ? 'atLeast' : 'atMost'}: ... }`,
      where: 'task.require',
    });
  const bound = atLeast ?? (require as { atMost: number }).atMost;

  const asExamples = (chosen: readonly I[]): Examples<I> => {
    if (chosen.length === 0) throw new TaskError({ what: `task "${name}" gave no inputs`, where: 'task.inputs' });
    const tokens = chosen.map((input, index) => checkTokens(toTokens(input), index));
    return { inputs: chosen, tokens, groups: groupByLength(tokens) };
  };

  let whole: Examples<I> | undefined;
  const everything = (): Examples<I> => (whole ??= asExamples(list!));

  return {
    name,
    behaviour,
    require,
    threshold: `${behaviour.better === 'higher' ? 'at least' : 'at most'} ${bound}`,
    size: list?.length,
    meets: (score) => (behaviour.better === 'higher' ? score >= bound : score <= bound),
    examples(n, seed) {
      if (!list) return asExamples(source!.sample(n, seed));
      if (n >= list.length) return everything();
      return asExamples(Array.from(random(seed, 'inputs').subset(list.length, n), (i) => list[i]!));
    },
    counterfactuals(examples, seed) {
      const stream = random(seed, 'counterfactuals');
      const { counterfactual } = options;
      if (counterfactual)
        return examples.inputs.map((input, index) => {
          const tokens = checkTokens(toTokens(counterfactual(input, stream)), index);
          if (tokens.length !== examples.tokens[index]!.length)
            throw new InputError({
              what: `the counterfactual of input ${index} has ${tokens.length} tokens, the input ${examples.tokens[index]!.length}`,
              where: 'task.counterfactual',
              todo: 'return a counterfactual with as many tokens as the input',
            });
          return tokens;
        });
      // another input of the task: of the whole list where it is finite, of the examples where it is not
      const pool = list ? everything() : examples;
      const byLength = new Map<number, readonly number[]>(pool.groups.map((group) => [pool.tokens[group[0]!]!.length, group]));
      return examples.tokens.map((row, index) => {
        const group = byLength.get(row.length) ?? [];
        const others = group.length > 1 || (group.length === 1 && !sameTokens(pool.tokens[group[0]!]!, row));
        if (!others)
          throw new TaskError({
            what: `input ${index} of task "${name}" is the only one with ${row.length} tokens, so it has no counterfactual`,
            where: 'task.inputs',
            todo: 'add inputs of that length, or give the task a `counterfactual` function',
          });
        for (let tries = 0; tries < 1000; tries++) {
          const other = pool.tokens[group[stream.below(group.length)]!]!;
          if (!sameTokens(other, row)) return other;
        }
        throw new TaskError({
          what: `no input of task "${name}" differs from input ${index}`,
          where: 'task.inputs',
          todo: 'remove duplicates from the inputs, or give the task a `counterfactual` function',
        });
      });
    },
  };
}

const sameTokens = (a: Tokens, b: Tokens): boolean => a.every((token, i) => token === b[i]);

/** True for anything with the members of a Task. */
export function isTask(value: unknown): value is AnyTask {
  const task = value as AnyTask | null | undefined;
  return typeof task?.examples === 'function' && typeof task.meets === 'function';
}

/** @throws BehaviourError where a model's score does not meet the task's threshold */
export function requireBehaviour(task: AnyTask, model: string, score: number): void {
  if (task.meets(score)) return;
  throw new BehaviourError({
    what: `${model} scores ${score.toPrecision(4)} ${task.behaviour.name} on "${task.name}"; the task asks for ${task.threshold}`,
    where: model,
    todo: 'a model that does not do the task has no interpretation of it: train it further, or change `require` of the task',
  });
}
