/** The longest beginning of an order of components that two models tolerate: what a draw of twins is, and what is kept of it between runs. */
import { kept, type Codec } from '../cache/kept.js';
import { ablation, ablationKey } from '../circuit/ablation.js';
import type { Ablation } from '../circuit/ablations.js';
import { intervene, sitesOf, type Component } from '../circuit/component.js';
import { longestOfBoth, PILOT_COARSE, type Guess, type Start } from '../circuit/grow.js';
import { Trials } from '../circuit/trials.js';
import { exactKey } from '../exact-key.js';
import type { TensorToWrite } from '../io/safetensors-write.js';
import type { Model } from '../model/model.js';
import { once } from '../once.js';
import { runKey } from '../task/run-key.js';
import type { AnyExamples } from '../task/task.js';
import { readSample, samplingKey, writeSample } from './kept-samples.js';
import type { Captured, DrawOptions, MadeSample, Samples } from './samples.js';

type Pair<T> = readonly [T, T];

export const both = async <T>(of: (side: 0 | 1) => Promise<T>): Promise<[T, T]> => [await of(0), await of(1)];

/** What a side's trials run on, and the clean logits of its model, for a behaviour relative to them. */
export interface Few {
  readonly examples: AnyExamples;
  readonly clean: () => Promise<readonly Float32Array[] | undefined>;
}

/** One of the two. */
export interface Tolerating extends Few {
  readonly model: Model;
  readonly samples: Samples;
  /** components in the order in which they are patched */
  readonly order: readonly Component[];
  /** what it is with so many of them patched */
  readonly inWords: (size: number) => string;
}

/** How much both tolerate, which of them does not tolerate more, and what is kept of each with so much patched. */
export interface Longest {
  readonly size: number;
  readonly bound: 0 | 1;
  readonly kept: Pair<MadeSample> | undefined;
}

export interface LongestOptions extends Pick<DrawOptions, 'task' | 'cache' | 'signal'> {
  readonly by: Ablation;
  /** of the counterfactuals */
  readonly seed: number;
  readonly begin?: Start | undefined;
  /** true: all of it or nothing */
  readonly whole?: boolean;
  /** the draw's number, its place among those that are kept, and how samples are made; left out for a pilot, which needs no more than about that size */
  readonly draw?:
    | { readonly index: number; readonly place: number; readonly sampling: Omit<DrawOptions, 'progress'> }
    | undefined;
}

const codec: Codec<Longest | undefined> = {
  write(found) {
    const tensors = new Map<string, TensorToWrite>();
    const samples = found?.kept?.map((made, side) => writeSample(made, `${side}.`, tensors));
    return { value: found ? { size: found.size, bound: found.bound, samples } : null, tensors };
  },
  read({ value, tensors }) {
    if (value === null) return undefined;
    const { size, bound, samples } = value as Longest & { readonly samples?: Pair<ReturnType<typeof writeSample>> };
    return {
      size,
      bound,
      kept: samples && [readSample(samples[0], '0.', tensors), readSample(samples[1], '1.', tensors)],
    };
  },
};

/**
 * It is found once, and kept.
 * @returns undefined where they do not tolerate the whole, if it is to be that
 * @throws RepresentationError for NaN, infinite or constant activations
 */
export function longest(sides: Pair<Tolerating>, options: LongestOptions): Promise<Longest | undefined> {
  const { task, cache, signal, begin = null, whole = false, draw } = options;
  const [a, b] = sides;
  const order = once(() => exactKey(sides.map((side) => side.order.map(({ name }) => name))));
  const put = once(() => exactKey(sides.map(({ model, examples }) => ablationKey(model, task, examples, options))));
  // the first of a side are kept in other ways
  const sampling = draw ? [samplingKey(draw.sampling, task, a.examples), draw.place] : null;
  return kept(
    cache,
    {
      kind: draw ? 'draw' : 'pilot',
      about: `${draw ? `draw ${draw.index}` : 'where draws begin'}: ${a.model.name} and ${b.model.name} on ${task.name}`,
      key: () => [
        runKey(a.model, task, a.examples),
        runKey(b.model, task, b.examples),
        order(),
        put(),
        begin,
        whole,
        sampling,
      ],
      codec,
      signal,
    },
    () => findLongest(sides, options),
  );
}

/** What one of the two says for certain is certain of both. */
async function ofBoth(trials: Pair<Trials<unknown>>, size: number): Promise<Guess | undefined> {
  const one = await trials[0].forecast(size);
  if (one?.refuted) return one;
  const other = await trials[1].forecast(size);
  return one && other ? { refuted: other.refuted, likely: one.likely && other.likely } : (one ?? other);
}

async function findLongest(
  sides: Pair<Tolerating>,
  { task, by, seed, begin, whole = false, draw, signal }: LongestOptions,
): Promise<Longest | undefined> {
  const trials = await both(async (side) => {
    const { model, samples, order, examples, clean } = sides[side];
    const before = await clean();
    const replacement = await ablation(model, task, examples, sitesOf(order), { by, seed, signal });
    return new Trials(model, task, examples, (size) => (rows) => intervene(order.slice(0, size), replacement(rows)), {
      clean: before,
      capture: draw && samples.sitesOf(model),
      signal,
    });
  });
  const last: Captured[] = [];
  const holds = async (side: 0 | 1, size: number): Promise<boolean> => {
    const { model, samples, inWords } = sides[side];
    const run = await trials[side].run(size);
    if (run && draw) last[side] = await samples.captured(inWords(size), model, run);
    return run !== undefined;
  };
  const made = (size: number): Promise<Pair<MadeSample>> =>
    both((side) => sides[side].samples.made(sides[side].inWords(size), last[side]!, draw!.place));
  // without a pilot, which model is asked first goes by the models, so that draws do not depend on which of them is the baseline
  const first = begin?.first ?? (sides[0].model.fingerprint <= sides[1].model.fingerprint ? 0 : 1);
  const all = sides[0].order.length;
  if (whole)
    return (await holds(first, all)) && (await holds(first === 0 ? 1 : 0, all))
      ? { size: all, bound: first, kept: await made(all) }
      : undefined;
  const { size, bound } = await longestOfBoth(all, holds, {
    start: begin?.start,
    first,
    ...(draw ? { guess: (some: number) => ofBoth(trials, some) } : { coarse: PILOT_COARSE }),
  });
  return { size, bound, kept: size > 0 && draw ? await made(size) : undefined };
}
