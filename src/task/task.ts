/** A task: inputs, counterfactuals, a measure of behaviour, and the threshold below which a model is not judged. */
import * as z from 'zod';
import { BehaviourError, TaskError } from '../errors.js';
import { plural } from '../format.js';
import { shapeKey, sizeInWords, type ModelInput } from '../model/input.js';
import { Held } from '../held.js';
import type { Tokenizer } from '../tokenizers/tokenizer.js';
import { checkOptions, type ShapeOf } from '../options.js';
import { random, type Random } from '../random.js';
import { behaviours, type Behaviour } from './behaviour.js';
import { Counterfactuals } from './counterfactuals.js';
import { distinctInputs, repeatsInWords, sampleDistinct } from './distinct.js';
import type { AnyExamples, Examples, InputSource } from './examples.js';
import { encodeInput, groupInputs, type Encode, type Encoded, type Encoder } from './encode.js';
import { taskIdentity } from './identity.js';
import { orbitsOf, Symmetries, type SymmetryFunctions } from './symmetries.js';

export type { AnyExamples, Examples, InputSource };

/** The score that a model must reach. */
export type Threshold = { readonly atLeast: number } | { readonly atMost: number };

/** Options of `task`. */
export interface TaskOptions<I> {
  /** for reports */
  readonly name: string;
  /** a finite list, or a source that samples. An input that repeats counts once, by its value */
  readonly inputs: readonly I[] | InputSource<I>;
  /** an input as a model takes it: token ids, a tensor, tensors by name. @defaultValue text (or the `text` of an input) by the model's tokenizer, anything else as it is */
  readonly encode?: Encode<NoInfer<I>>;
  /** a counterfactual with as many tokens, or a tensor of the same shape; drawn again where it is the input itself. @defaultValue another input of the task, drawn by seed */
  readonly counterfactual?: NoInfer<(input: I, random: Random) => I>;
  /** its functions name the type of their input, `accuracy(([a, b]: [number, number]) => ...)`: TypeScript does not infer it from the inputs beside it, and checks it against them */
  readonly behaviour: Behaviour<NoInfer<I>>;
  /** `{ atLeast }` where higher is better, `{ atMost }` where lower is: a model below it is not judged, an implementation rejected */
  readonly threshold: Threshold;
  /** relabellings of a finite list of inputs that keep the task, by name: representations are averaged over the group that they generate (docs/symmetries.md). @defaultValue none */
  readonly symmetries?: NoInfer<SymmetryFunctions<I>>;
}

/** Inputs, a behaviour and a threshold, as `task` makes them. */
export interface Task<I = unknown> {
  readonly name: string;
  readonly behaviour: Behaviour<I>;
  readonly threshold: Threshold;
  /** the threshold as a sentence has it: `at least 0.99` */
  readonly thresholdText: string;
  /** number of distinct inputs where they are a finite list */
  readonly size: number | undefined;
  /** the task's own way to a counterfactual; missing where another input of the task serves */
  counterfactual?(input: I, random: Random): I;
  /**
   * n distinct inputs, by value, of a finite list or a source: all there are where there are no more, of a source all that 16 draws for each found. With symmetries whole orbits: as
   * many as fit into n, and at least n / 2 inputs even where that takes an orbit too many.
   * @throws TaskError where there are none
   */
  examples(n: number, seed: number): Examples<I>;
  /**
   * The task's symmetries as permutations of examples, in the order of their names: example i is answered as example to[i] was. `pairOrbits` takes them as the generators of a
   * group, which is never listed. Empty for a task without symmetries.
   * @throws TaskError where the examples are not whole orbits
   */
  relabellings(examples: Examples<I>): readonly Uint32Array[];
  /**
   * Examples as a model takes them, in batches. Models with one tokenizer get the same object.
   * @throws InputError for an input that no model takes, and for text where the model has no tokenizer
   */
  encode(examples: Examples<I>, model: Encoder): Encoded;
  /**
   * Those examples that have a counterfactual for every one of these models: the same object where all have. An input has none that is alone in its size, or whose own
   * counterfactual never differs from it. With symmetries whole orbits are left out.
   */
  withCounterfactuals(examples: Examples<I>, models: readonly Encoder[]): Examples<I>;
  /**
   * One counterfactual per example, of the example's own length or shape and with other values, as a model takes it.
   * @throws TaskError for an example that has none: `withCounterfactuals` leaves it out
   */
  counterfactuals(examples: Examples<I>, seed: number, model: Encoder): readonly ModelInput[];
  /** true where a mean score meets the threshold; NaN never does */
  meets(score: number): boolean;
  /**
   * A text that is the same where a run of this model on these examples is scored the same and held against the same threshold: what the behaviour, the encoding and the places where logits are
   * read come to on each of them. Undefined where nobody can say, because of a behaviour without `identity`, or a task that was changed after it was made: nothing is kept then (docs/cache.md).
   */
  identity?(examples: Examples<I>, model: Encoder): string | undefined;
}

/** A task over inputs of any type: what compares models does not look into them. */
// oxlint-disable-next-line typescript/no-explicit-any
export type AnyTask = Task<any>;

const schema = z.strictObject({
  name: z.string().min(1),
  inputs: z.union(
    [
      z.array(z.unknown()).readonly(),
      z.custom<InputSource<unknown>>((v) => typeof (v as { sample?: unknown } | null)?.sample === 'function'),
    ],
    {
      error: 'inputs must be a list, or a source with a sample(n, seed) method',
    },
  ),
  encode: z.custom<Encode<unknown>>((v) => typeof v === 'function', { error: 'encode must be a function' }).optional(),
  counterfactual: z
    .custom<(input: unknown, random: Random) => unknown>((v) => typeof v === 'function', {
      error: 'counterfactual must be a function',
    })
    .optional(),
  behaviour: z.custom<Behaviour<unknown>>((v) => typeof (v as { score?: unknown } | null)?.score === 'function', {
    error: `behaviour must be one of ${Object.values(behaviours)
      .map(({ call }) => call)
      .join(', ')}, or an object with their members`,
  }),
  threshold: z.union([z.strictObject({ atLeast: z.number() }), z.strictObject({ atMost: z.number() })], {
    error: 'threshold must be { atLeast: number } or { atMost: number }',
  }),
  symmetries: z
    .record(
      z.string(),
      z.custom<(input: unknown) => unknown>((v) => typeof v === 'function', {
        error: 'a symmetry must be a function from an input to an input',
      }),
      {
        error: 'symmetries must be functions by name: { swap: ([a, b]) => [b, a] }',
      },
    )
    .optional(),
} satisfies ShapeOf<TaskOptions<unknown>>);

/**
 * Declares a task.
 * @throws OptionError for an unknown or impossible option
 * @throws TaskError for an empty list of inputs, a threshold on the wrong side of the behaviour, or functions that are no symmetries of it
 */
export function defineTask<I>(options: TaskOptions<I>): Task<I> {
  checkOptions(schema, options as unknown as TaskOptions<unknown>, 'task');
  const { name, inputs, behaviour, threshold, encode } = options;
  // a copy: the caller may add to the list
  const given = Array.isArray(inputs) ? [...(inputs as readonly I[])] : undefined;
  const list = given && distinctInputs(given);
  const repeats = given && list ? given.length - list.length : 0;
  const listNotes = repeats > 0 ? [repeatsInWords(repeats, `the ${given!.length} listed`)] : undefined;
  const source = list ? undefined : (inputs as InputSource<I>);
  if (list?.length === 0)
    throw new TaskError({
      what: `task "${name}" has no inputs`,
      where: 'task.inputs',
      hint: 'give at least a few hundred inputs, or an arbitrary',
    });
  const atLeast = 'atLeast' in threshold ? threshold.atLeast : undefined;
  if ((atLeast !== undefined) !== (behaviour.better === 'higher'))
    throw new TaskError({
      what: `${behaviour.name} is better when ${behaviour.better}, so its threshold is { ${behaviour.better === 'higher' ? 'atLeast' : 'atMost'}: ... }`,
      where: 'task.threshold',
    });
  const bound = atLeast ?? (threshold as { atMost: number }).atMost;
  const named = options.symmetries && Object.keys(options.symmetries).length > 0 ? options.symmetries : undefined;
  if (named && !list)
    throw new TaskError({
      what: `task "${name}" has symmetries, and its inputs come from a source without an end`,
      where: 'task.symmetries',
      hint: 'give a finite list of inputs: then every symmetry can be checked, and examples can hold whatever it leads to',
    });
  const symmetries =
    named && new Symmetries<I>(name, list!, named, behaviour.answer && ((input) => behaviour.answer!(input)));

  const asExamples = (chosen: readonly I[], notes = listNotes): Examples<I> => {
    if (chosen.length === 0) throw new TaskError({ what: `task "${name}" gave no inputs`, where: 'task.inputs' });
    return { inputs: chosen, ...(notes && { notes }) };
  };

  let whole: Examples<I> | undefined;
  // frozen: what somebody takes out of the examples would be gone from the task
  const everything = (): Examples<I> => (whole ??= asExamples(Object.freeze(list!)));
  // implementations run the same examples again and again
  const known = new WeakMap<
    Examples<I>,
    { readonly held: Held; readonly encoded: Map<Tokenizer | undefined, Map<boolean, Encoded>> }
  >();

  const task: Task<I> = {
    name,
    behaviour,
    threshold,
    thresholdText: `${behaviour.better === 'higher' ? 'at least' : 'at most'} ${bound}`,
    size: list?.length,
    ...(options.counterfactual && { counterfactual: options.counterfactual }),
    meets: (score) => (behaviour.better === 'higher' ? score >= bound : score <= bound),
    examples(n, seed) {
      if (!list) {
        const { inputs: found, drawn } = sampleDistinct(source!, n, seed);
        return asExamples(
          found,
          found.length < n
            ? [
                `${plural(drawn, 'input')} were drawn, and ${found.length} of them ${found.length === 1 ? 'is' : 'are'} distinct`,
              ]
            : undefined,
        );
      }
      if (n >= list.length) return everything();
      if (symmetries) return asExamples(Array.from(symmetries.choose(n, random(seed, 'orbits')), (i) => list[i]!));
      return asExamples(Array.from(random(seed, 'inputs').subset(list.length, n), (i) => list[i]!));
    },
    relabellings: ({ inputs: some }) => symmetries?.relabellings(some) ?? [],
    encode(examples, model) {
      let here = known.get(examples);
      if (!here?.held.still(examples.inputs))
        known.set(examples, (here = { held: new Held(examples.inputs), encoded: new Map() }));
      const mine = here.encoded;
      // whatever else a model is, it gets the same inputs; one that pads gets other batches of them
      const { tokenizer, ragged = false } = model;
      const byBatches = mine.get(tokenizer) ?? new Map<boolean, Encoded>();
      mine.set(tokenizer, byBatches);
      let encoded = byBatches.get(ragged);
      if (!encoded) {
        const all = examples.inputs.map((input, index) => encodeInput(encode, input, model, `input ${index}`));
        symmetries?.checkSame(
          examples.inputs,
          (i) => shapeKey(all[i]!),
          (i) => sizeInWords(all[i]!),
        );
        encoded = { inputs: all, groups: groupInputs(all, model) };
        byBatches.set(ragged, encoded);
      }
      return encoded;
    },
    withCounterfactuals(examples, models) {
      const none = new Set(models.flatMap((model) => counterfactuals.without(examples, model)));
      if (none.size === 0) return examples;
      const left = new Set(none);
      for (const orbit of orbitsOf(examples.inputs.length, this.relabellings(examples)))
        if (orbit.some((i) => none.has(i))) orbit.forEach((i) => left.add(i));
      const why = options.counterfactual
        ? "the task's counterfactual gives it again"
        : 'no other input of its size differs from it';
      const also =
        left.size > none.size
          ? `, with ${plural(left.size - none.size, 'input')} that a symmetry takes to one of these`
          : '';
      const note = `${plural(none.size, 'input')} ${none.size === 1 ? 'has' : 'have'} no counterfactual (${why})${also}: left out`;
      const inputs = examples.inputs.filter((_, i) => !left.has(i));
      if (inputs.length === 0)
        throw new TaskError({
          what: `no input of task "${name}" has a counterfactual`,
          where: 'task.inputs',
          hint: 'give the task inputs of equal size that differ, or a `counterfactual` function',
        });
      return { inputs, pool: examples, notes: [...(examples.notes ?? []), note] };
    },
    counterfactuals: (examples, seed, model) => counterfactuals.draw(examples, seed, model),
    identity(examples, model) {
      // a copy of which a member was replaced does something else
      const isItself = Object.entries(task).every(([key, value]) => this[key as keyof Task<I>] === value);
      return isItself ? taskIdentity(task, examples.inputs, task.encode(examples, model), model.tokenizer) : undefined;
    },
  };
  const counterfactuals = new Counterfactuals<I>({
    name,
    counterfactual: options.counterfactual,
    // another input of the task: of the whole list where it is finite, of the examples where it is not, and then of those they are some of
    pools: (examples) => (list ? [everything()] : poolsOf(examples)),
    encode: (examples, model) => task.encode(examples, model),
    encodeOne: (input, model, what) => encodeInput(encode, input, model, what),
  });
  return task;
}

function poolsOf<I>(examples: Examples<I>): Examples<I>[] {
  return examples.pool ? [examples, ...poolsOf(examples.pool)] : [examples];
}

/** True for anything with the members of a Task. */
export function isTask(value: unknown): value is AnyTask {
  const task = value as AnyTask | null | undefined;
  return typeof task?.examples === 'function' && typeof task.meets === 'function';
}

/** @throws BehaviourError where a model's score does not meet the task's threshold */
export function requireBehaviour(task: AnyTask, model: string, score: number): void {
  if (task.meets(score)) return;
  throw new BehaviourError({
    what: `${model} scores ${score.toPrecision(4)} ${task.behaviour.name} on "${task.name}"; the task asks for ${task.thresholdText}`,
    where: model,
    hint: 'a model that does not do the task has no interpretation of it: train it further, or change `threshold` of the task',
  });
}
