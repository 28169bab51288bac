/** The same verdict for representations that were made elsewhere: no model, no task, matrices only. */
import * as z from 'zod';
import { ImplementationError, OptionError, RepresentationError } from '../errors.js';
import { plural } from '../format.js';
import { measureNames, type MeasureName } from '../measure/index.js';
import { checkOptions, signalSchema, type ShapeOf } from '../options.js';
import { gramOfGiven, type GivenRepresentation } from '../representation/given.js';
import { subsetInputs, type Gram } from '../representation/gram.js';
import { repeatedInputs } from '../representation/repeats.js';
import { version } from '../version.js';
import { FEWEST_INPUTS } from '../implementations/inputs.js';
import { judgeOnce, type OneLook } from './one-look.js';
import type { Policy } from '../statistics/judgement.js';
import { policyShape, resolvePolicy, type PolicyOptions } from './rule/policy.js';
import { runsOf } from './rule/runs.js';
import { checkSignal, clock } from '../signal.js';
import { repeatsInWords } from '../task/distinct.js';

/** Options of `compareRepresentations`. */
export interface CompareRepresentationsOptions extends PolicyOptions {
  /** everything random follows from it. @defaultValue 0 */
  readonly seed?: number | undefined;
  /**
   * the measure that decides; each has its own default of `resolution`. Of several, all must say "equivalent", and a difference under one of them is a difference, at alpha for
   * all of them together. @defaultValue 'ridge'
   */
  readonly measure?: MeasureName | readonly MeasureName[] | undefined;
  /** which trained run each representation is of, by any names: where a side has several, the run is what counts as an independent draw. @defaultValue all of one run */
  readonly runs?:
    | {
        /** of the baseline's, in their order */
        readonly baseline?: readonly (string | number)[] | undefined;
        /** of the candidate's, in their order */
        readonly candidate?: readonly (string | number)[] | undefined;
      }
    | undefined;
  /**
   * which input each row is of, by any names: rows of one input count once, the first of them, also where their values differ. Without it, and beside it, rows are one input where they are
   * the same in every representation of both sides
   */
  readonly inputs?: readonly (string | number)[] | undefined;
  /** measures to report beside it, of no influence on the outcome. @defaultValue ['cka', 'procrustes'] */
  readonly alsoReport?: readonly MeasureName[] | undefined;
  /** train/test splits of the inputs, for the measures that have them. @defaultValue 3 */
  readonly splits?: number | undefined;
  /** what messages and the result call the implementations of each side. @defaultValue their numbers */
  readonly names?:
    | {
        /** of the baseline's, in their order */
        readonly baseline?: readonly string[] | undefined;
        /** of the candidate's, in their order */
        readonly candidate?: readonly string[] | undefined;
      }
    | undefined;
  /** cancels the work: CancelledError */
  readonly signal?: AbortSignal | undefined;
  /** called with the share done, 0..1, and what is being done */
  readonly progress?: ((done: number, doing: string) => void) | undefined;
}

const names = z.array(z.string()).readonly().optional();
const labels = z
  .array(z.union([z.string(), z.number()]))
  .readonly()
  .optional();
const schema = z.strictObject({
  seed: z.int().default(0),
  measure: z.union([z.enum(measureNames), z.array(z.enum(measureNames)).min(1).readonly()]).default('ridge'),
  runs: z.strictObject({ baseline: labels, candidate: labels }).default({ baseline: undefined, candidate: undefined }),
  inputs: labels,
  alsoReport: z.array(z.enum(measureNames)).readonly().default(['cka', 'procrustes']),
  splits: z.int().min(1).max(100).default(3),
  names: z.strictObject({ baseline: names, candidate: names }).default({ baseline: undefined, candidate: undefined }),
  signal: signalSchema.optional(),
  progress: z
    .custom<(done: number, doing: string) => void>((v) => typeof v === 'function', {
      error: 'progress must be a function',
    })
    .optional(),
  ...policyShape,
} satisfies ShapeOf<CompareRepresentationsOptions>);

/** As Evidence of `compare`, without what only models and tasks have. */
export interface RepresentationEvidence extends OneLook {
  /** distinct ones */
  readonly inputs: number;
  /** rows that do not count and why, in sentences */
  readonly notes?: readonly string[] | undefined;
  /** the implementations of each side, in the order of the distance matrices */
  readonly baseline: { readonly implementations: readonly string[] };
  readonly candidate: { readonly implementations: readonly string[] };
  readonly environment: { readonly congruity: string; readonly node: string; readonly platform: string };
  readonly seconds: number;
}

/**
 * Are two sets of representations interchangeable? The rule of `compare` (docs/verdict.md) for matrices from anywhere: each is one implementation, a row for each
 * input, the inputs the same and in the same order everywhere; numbers of features may differ. An input that repeats counts once. That every implementation does the task at all is for the caller to have made sure of.
 *
 * @throws OptionError, ImplementationError for fewer than two on a side, RepresentationError for what cannot be compared, CancelledError: nothing was judged
 */
export async function compareRepresentations(
  baseline: readonly GivenRepresentation[],
  candidate: readonly GivenRepresentation[],
  given: CompareRepresentationsOptions = {},
): Promise<RepresentationEvidence> {
  const started = clock();
  const {
    seed,
    measure,
    alsoReport,
    splits,
    runs,
    inputs: ids,
    names: called,
    signal,
    progress,
    ...policy
  } = checkOptions(schema, given, 'options');
  let rows: number | undefined;
  const side = (list: readonly GivenRepresentation[], which: 'baseline' | 'candidate') => {
    if (!Array.isArray(list) || list.length < 2) {
      throw new ImplementationError({
        what: `the ${which} has ${Array.isArray(list) ? list.length : 'no list of'} representations; the within-model distance needs at least two`,
        where: which,
        hint: 'give a list of matrices, one for each implementation',
      });
    }
    const words = list.map((one, i) => called[which]?.[i] ?? nameOf(one) ?? `${which} ${i}`);
    const grams = list.map((one, i) => {
      checkSignal(signal);
      const gram = gramOfGiven(one as GivenRepresentation, words[i]!);
      rows ??= gram.n;
      if (gram.n !== rows) {
        throw new RepresentationError({
          what: `This representation is over ${gram.n} inputs, others are over ${rows}.`,
          where: words[i]!,
          hint: 'use the same inputs, in the same order, for all',
        });
      }
      return gram;
    });
    const of = runs[which];
    if (of && of.length !== list.length)
      throw new OptionError({
        what: `${of.length} runs are named for ${list.length} representations`,
        where: `options.runs.${which}`,
        hint: 'name the run of each representation',
      });
    return { description: words, grams, runs: runsOf(of ?? list.map(() => 0)) };
  };
  const [first, second] = [side(baseline, 'baseline'), side(candidate, 'candidate')];
  if (ids && ids.length !== rows)
    throw new OptionError({
      what: `${ids.length} inputs are named for ${rows} rows`,
      where: 'options.inputs',
      hint: 'name the input of each row',
    });
  const repeated = repeatedInputs([...first.grams, ...second.grams], ids);
  const inputs = repeated?.first.length ?? rows!;
  const note = inputs < rows! ? repeatsInWords(rows! - inputs, `the ${rows} given`) : undefined;
  if (inputs < FEWEST_INPUTS) {
    throw new RepresentationError({
      what: `${plural(inputs, 'distinct input')} ${note ? `(${note}) ` : ''}are too few: at least ${FEWEST_INPUTS} are needed.`,
      where: 'inputs',
      hint: 'run both on more inputs that differ',
    });
  }
  const distinct = (grams: readonly Gram[]): readonly Gram[] =>
    repeated ? grams.map((gram) => subsetInputs(gram, repeated.first)) : grams;
  const judged = await judgeOnce(
    [distinct(first.grams), distinct(second.grams)],
    {
      policy: policy as Partial<Policy>,
      measures: [measure].flat(),
      alsoReport,
      splits,
      seed,
      runs: [first.runs, second.runs],
      signal,
      progress,
    },
    resolvePolicy(policy as Partial<Policy>, 'options'),
  );
  progress?.(1, 'done');
  return {
    ...judged,
    inputs,
    ...(note && { notes: [note] }),
    baseline: { implementations: first.description },
    candidate: { implementations: second.description },
    environment: { congruity: version, node: process.version, platform: `${process.platform} ${process.arch}` },
    seconds: (clock() - started) / 1000,
  };
}

const nameOf = (given: unknown): string | undefined => {
  const name = (given as { name?: unknown } | null)?.name;
  return typeof name === 'string' ? name : undefined;
};
