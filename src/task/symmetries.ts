/** A task's own symmetries: relabellings of a finite list of inputs that keep the task, and the group they generate. */
import { TaskError } from '../errors.js';
import type { Random } from '../random.js';
import { valueKey } from '../value-key.js';
import { inputInWords } from './words.js';

/** Maps from inputs to inputs, by name. Each must permute the task's inputs and keep the task: generators are enough, products and inverses follow. */
export type SymmetryFunctions<I> = Readonly<Record<string, (input: I) => I>>;

/** Orbits of more inputs than this are refused: examples are whole orbits, and a Gram has an entry for every two of them. */
export const LARGEST_ORBIT = 4096;

/** A symmetry as a permutation: input i becomes input to[i]. */
interface Generator {
  readonly name: string;
  readonly to: Uint32Array;
}

/**
 * As `valueKey`.
 * @throws TaskError for what has no value to compare: a function, an instance of a class without `toJSON`
 */
export const inputKey = (input: unknown): string =>
  valueKey(input, (one) => {
    const what =
      typeof one === 'object'
        ? `an instance of ${(one?.constructor as { name?: string } | undefined)?.name ?? 'a class'}`
        : `a ${typeof one}`;
    throw new TaskError({
      what: `an input holds ${what}, which cannot be compared by value`,
      where: 'task.inputs',
      hint: 'with symmetries, make inputs of numbers, text, lists, typed arrays and plain objects',
    });
  });

/** The symmetries of one task over its whole list of inputs, checked. */
export class Symmetries<I> {
  /** indices of inputs that the symmetries lead to each other, ascending; the orbits in the order of their first members */
  readonly orbits: readonly Uint32Array[];
  readonly #task: string;
  readonly #generators: readonly Generator[];
  readonly #index: ReadonlyMap<string, number>;

  /**
   * @param inputs each once
   * @param answer what the behaviour holds right for an input, where it says: a symmetry must permute the answers
   * @throws TaskError for a function that leaves the list, is not one-to-one, changes the input it is given, or takes inputs of one answer to inputs of several;
   *   for an orbit of more than 4096 inputs
   */
  constructor(task: string, inputs: readonly I[], functions: SymmetryFunctions<I>, answer?: (input: I) => unknown) {
    this.#task = task;
    const index = new Map<string, number>();
    const keys = inputs.map(inputKey);
    keys.forEach((key, i) => index.set(key, i));
    this.#index = index;
    const answers = answer && inputs.map((input) => inputKey(answer(input)));
    const generators: Generator[] = [];
    let orbits: Uint32Array[] = [];
    for (const [name, apply] of Object.entries(functions)) {
      const generator = { name, to: permutationOf(name, apply, inputs, keys, index) };
      if (answers) checkAnswers(generator, inputs, answers);
      generators.push(generator);
      // early: a large group is found out before all its functions have been tried
      orbits = orbitsOf(
        inputs.length,
        generators.map(({ to }) => to),
      );
      const largest = orbits.reduce((most, { length }) => Math.max(most, length), 0);
      if (largest > LARGEST_ORBIT) throw tooLarge(largest);
    }
    this.#generators = generators;
    this.orbits = orbits;
  }

  /**
   * Whole orbits, n inputs of them or fewer: taken in random order, passing over those that no longer fit. Where that gives less than half of n, the first one passed
   * over is taken all the same, so that there can be more than n, by less than one orbit.
   * @returns indices of the list, ascending
   */
  choose(n: number, stream: Random): Uint32Array {
    const chosen: Uint32Array[] = [];
    let size = 0;
    let passed: Uint32Array | undefined;
    for (const at of stream.permutation(this.orbits.length)) {
      const orbit = this.orbits[at]!;
      if (size + orbit.length <= n) {
        chosen.push(orbit);
        size += orbit.length;
      } else passed ??= orbit;
    }
    if (passed && size < n / 2) chosen.push(passed);
    return Uint32Array.from(chosen.flatMap((orbit) => Array.from(orbit))).sort();
  }

  /**
   * The symmetries as permutations of these inputs, in the order of their names: input i is answered as input to[i] was. They generate the group.
   * @throws TaskError where the inputs are not whole orbits
   */
  relabellings(inputs: readonly I[]): readonly Uint32Array[] {
    return this.#on(inputs).map(({ name, to }) => {
      const hole = to.indexOf(-1);
      if (hole >= 0)
        throw new TaskError({
          what: `these examples of task "${this.#task}" hold ${inputInWords(inputs[hole])} and not what symmetry "${name}" makes of it`,
          where: 'examples',
          hint: 'use what task.examples(n, seed) gives: whole orbits',
        });
      return Uint32Array.from(to);
    });
  }

  /** @throws TaskError where a symmetry changes what `kind` says of an example, such as the size it is encoded to */
  checkSame(inputs: readonly I[], kind: (index: number) => string, words: (index: number) => string): void {
    for (const { name, to } of this.#on(inputs))
      to.forEach((there, here) => {
        if (there < 0 || kind(here) === kind(there)) return;
        throw new TaskError({
          what: `symmetry "${name}" takes input ${inputInWords(inputs[here])} of ${words(here)} to ${inputInWords(inputs[there])} of ${words(there)}`,
          where: `task.symmetries.${name}`,
          hint: 'name relabellings that keep the size of an input',
        });
      });
  }

  /** the generators among these inputs: the place of the image, -1 where it is not there */
  #on(inputs: readonly I[]): { name: string; to: number[] }[] {
    const rows = new Map<number, number>();
    const at = inputs.map((input, row) => {
      const index = this.#index.get(inputKey(input));
      if (index === undefined || rows.has(index))
        throw new TaskError({
          what: `${inputInWords(input)} is ${index === undefined ? 'no input' : 'twice among these examples'} of task "${this.#task}"`,
          where: 'examples',
          hint: 'use what task.examples(n, seed) gives',
        });
      rows.set(index, row);
      return index;
    });
    return this.#generators.map(({ name, to }) => ({ name, to: at.map((index) => rows.get(to[index]!) ?? -1) }));
  }
}

function permutationOf<I>(
  name: string,
  apply: (input: I) => I,
  inputs: readonly I[],
  keys: readonly string[],
  index: ReadonlyMap<string, number>,
): Uint32Array {
  const where = `task.symmetries.${name}`;
  const from = new Int32Array(inputs.length).fill(-1);
  return Uint32Array.from(inputs, (input, i) => {
    const image = apply(input);
    if (inputKey(input) !== keys[i])
      throw new TaskError({
        what: `symmetry "${name}" changed the input ${keys[i]!} that it was given`,
        where,
        hint: 'return a new input, e.g. input.toReversed() instead of input.reverse()',
      });
    const to = index.get(inputKey(image));
    if (to === undefined)
      throw new TaskError({
        what: `symmetry "${name}" takes ${inputInWords(input)} to ${inputInWords(image)}, which is no input of the task`,
        where,
        hint: 'list all inputs that it leads to, or let it lead back into the list',
      });
    if (from[to]! >= 0)
      throw new TaskError({
        what: `symmetry "${name}" takes both ${inputInWords(inputs[from[to]!])} and ${inputInWords(input)} to ${inputInWords(image)}`,
        where,
        hint: 'a symmetry is one-to-one',
      });
    from[to] = i;
    return to;
  });
}

/** A relabelling of the inputs keeps the task if some relabelling of the answers goes with it: equal answers stay equal, different ones different. */
function checkAnswers<I>({ name, to }: Generator, inputs: readonly I[], answers: readonly string[]): void {
  const seen = new Map<string, number>();
  const taken = new Map<string, number>();
  answers.forEach((answer, i) => {
    const image = answers[to[i]!]!;
    const earlier = seen.get(answer) ?? i;
    const other = taken.get(image) ?? i;
    seen.set(answer, earlier);
    taken.set(image, other);
    if (answers[to[earlier]!] === image && answers[other] === answer) return;
    const [pair, are, become] =
      answers[to[earlier]!] === image ? [other, 'two answers', 'one'] : [earlier, 'one answer', 'two'];
    throw new TaskError({
      what: `symmetry "${name}" changes the task: ${inputInWords(inputs[pair])} and ${inputInWords(inputs[i])} have ${are}, what it makes of them has ${become}`,
      where: `task.symmetries.${name}`,
      hint: 'name relabellings of the inputs that come to a relabelling of the answers',
    });
  });
}

/** Members that the permutations lead to each other. */
export function orbitsOf(n: number, permutations: readonly ArrayLike<number>[]): Uint32Array[] {
  const orbit = new Int32Array(n).fill(-1);
  const orbits: number[][] = [];
  for (let start = 0; start < n; start++) {
    if (orbit[start]! >= 0) continue;
    const members = [start];
    orbit[start] = orbits.length;
    // a permutation's cycles come back: following it forwards reaches what its inverse does
    for (let next = 0; next < members.length; next++)
      for (const to of permutations) {
        const there = to[members[next]!]!;
        if (orbit[there]! >= 0) continue;
        orbit[there] = orbits.length;
        members.push(there);
      }
    orbits.push(members);
  }
  return orbits.map((members) => Uint32Array.from(members).sort());
}

const tooLarge = (size: number): TaskError =>
  new TaskError({
    what: `the symmetries lead ${size} inputs to each other, more than ${LARGEST_ORBIT}`,
    where: 'task.symmetries',
    hint: 'name fewer of them, or list fewer inputs: representations are averaged over whole orbits',
  });
