/** The inputs of a comparison: each once, and only those that every side can be drawn on. */
import { TaskError } from '../errors.js';
import { plural } from '../format.js';
import { random } from '../random.js';
import type { Averaging } from '../representation/orbit-average.js';
import { inTurns } from '../signal.js';
import { alikeFor, ofGroups, type Alike } from '../task/distinct.js';
import { findingPairOrbits } from '../task/pair-orbits.js';
import type { AnyExamples, AnyTask } from '../task/task.js';
import type { ImplementationSet } from './set.js';

/** Fewer inputs than this say nothing about representations. */
export const FEWEST_INPUTS = 20;

/** A task of at most so many inputs is compared on all of them, where nothing is said. */
export const MOST_INPUTS = 1000;
/** Of a larger one so many are drawn. */
const DRAWN = 400;

export interface ComparedInputs {
  /** what behaviour is measured on */
  readonly examples: AnyExamples;
  /** places of the examples that representations are taken over: one of each group that some model takes alike; undefined: all */
  readonly rows: Uint32Array | undefined;
  /** the example that is input `place` of the distances */
  readonly exampleOf: (place: number) => number;
  /** how many distances are taken over */
  readonly n: number;
  /** of a task with symmetries: what becomes of a representation over these rows, which are whole orbits */
  readonly averaging: Averaging | undefined;
  /** true where these are all the inputs that the task has */
  readonly all: boolean;
  /** share of the task's inputs that were not drawn; 1 where nobody knows how many there are */
  readonly undrawn: number;
  /** what does not count and why, in sentences; none where everything does */
  readonly notes: readonly string[];
}

/**
 * @param wanted how many; default: all of a task with at most 1000, else 400
 * @throws TaskError for fewer than 20 distinct inputs, and for a symmetry that tells apart what a model does not
 */
export async function comparedInputs(
  task: AnyTask,
  sets: readonly ImplementationSet[],
  wanted: number | undefined,
  seed: number,
  signal?: AbortSignal,
): Promise<ComparedInputs> {
  const asked = wanted ?? (task.size !== undefined && task.size <= MOST_INPUTS ? task.size : DRAWN);
  const given = task.examples(asked, seed);
  const resampled = sets.filter((set) => set.resamples).flatMap(modelsOf);
  const replaced = resampled.length > 0 ? task.withCounterfactuals(given, resampled) : given;
  const examples = sets.reduce((some, set) => set.ablatable?.(task, some) ?? some, replaced);
  const alike = alikeFor(task, examples, sets.flatMap(modelsOf));
  const whole = alike?.first.length ?? examples.inputs.length;
  const merged = examples.inputs.length - whole;
  const notes = [
    ...(examples.notes ?? []),
    ...(merged > 0
      ? [
          `${plural(merged, 'input')} ${merged === 1 ? 'is' : 'are'} for a model the same as another and ${merged === 1 ? 'counts' : 'count'} for behaviour only`,
        ]
      : []),
  ];
  const averaging = await averagingOf(task, examples, alike, whole, asked, seed, signal);
  const n = averaging?.measured?.length ?? whole;
  if (n < FEWEST_INPUTS)
    throw new TaskError({
      what: `task "${task.name}" has ${plural(n, 'distinct input')}${notes.length > 0 ? ` (${notes.join('; ')})` : ''}; representations need at least ${FEWEST_INPUTS}`,
      where: 'task.inputs',
      hint: 'add inputs that differ',
    });
  return {
    examples,
    rows: alike?.first,
    n,
    averaging,
    exampleOf: (place) => {
      const row = averaging?.measured ? averaging.measured[place]! : place;
      return alike ? alike.first[row]! : row;
    },
    all: task.size === given.inputs.length && !averaging?.measured,
    undrawn: task.size === undefined ? 1 : 1 - given.inputs.length / task.size,
    notes,
  };
}

/** Of whole orbits that are more inputs than were asked for, so many random ones are measured. */
async function averagingOf(
  task: AnyTask,
  examples: AnyExamples,
  alike: Alike | undefined,
  n: number,
  asked: number,
  seed: number,
  signal: AbortSignal | undefined,
): Promise<Averaging | undefined> {
  const given = task.relabellings(examples);
  if (given.length === 0) return undefined;
  const relabellings = alike ? ofGroups(given, alike, task.name) : given;
  return {
    orbits: await inTurns(findingPairOrbits(n, relabellings), signal),
    measured: n > asked ? random(seed, 'measured inputs').subset(n, asked) : undefined,
  };
}

const modelsOf = ({ models, original }: ImplementationSet) => models ?? [original];
