/** The inputs of a comparison: each once, and only those that every side can be drawn on. */
import { TaskError } from '../errors.js';
import { plural } from '../format.js';
import { alikeFor, ofGroups } from '../task/distinct.js';
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
  /** how many representations are taken over */
  readonly n: number;
  /** the task's symmetries as relabellings of these */
  readonly relabellings: readonly Uint32Array[];
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
export function comparedInputs(
  task: AnyTask,
  sets: readonly ImplementationSet[],
  wanted: number | undefined,
  seed: number,
): ComparedInputs {
  const asked = wanted ?? (task.size !== undefined && task.size <= MOST_INPUTS ? task.size : DRAWN);
  const given = task.examples(asked, seed);
  const resampled = sets.filter((set) => set.resamples).flatMap(modelsOf);
  const replaced = resampled.length > 0 ? task.withCounterfactuals(given, resampled) : given;
  const examples = sets.reduce((some, set) => set.ablatable?.(task, some) ?? some, replaced);
  const alike = alikeFor(task, examples, sets.flatMap(modelsOf));
  const n = alike?.first.length ?? examples.inputs.length;
  const merged = examples.inputs.length - n;
  const notes = [
    ...(examples.notes ?? []),
    ...(merged > 0
      ? [
          `${plural(merged, 'input')} ${merged === 1 ? 'is' : 'are'} for a model the same as another and ${merged === 1 ? 'counts' : 'count'} for behaviour only`,
        ]
      : []),
  ];
  if (n < FEWEST_INPUTS)
    throw new TaskError({
      what: `task "${task.name}" has ${plural(n, 'distinct input')}${notes.length > 0 ? ` (${notes.join('; ')})` : ''}; representations need at least ${FEWEST_INPUTS}`,
      where: 'task.inputs',
      hint: 'add inputs that differ',
    });
  const relabellings = task.relabellings(examples);
  return {
    examples,
    rows: alike?.first,
    n,
    relabellings: alike ? ofGroups(relabellings, alike, task.name) : relabellings,
    all: task.size === given.inputs.length,
    undrawn: task.size === undefined ? 1 : 1 - given.inputs.length / task.size,
    notes,
  };
}

const modelsOf = ({ models, original }: ImplementationSet) => models ?? [original];
