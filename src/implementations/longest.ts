/** The longest beginning of an order of components that two models tolerate: what a draw of twins is, and what is kept of it between runs. */
import { kept, type Codec } from '../cache/kept.js';
import { ablation, ablationKey } from '../circuit/ablation.js';
import type { Ablation } from '../circuit/ablations.js';
import { intervene, sitesOf, type Component } from '../circuit/component.js';
import { PILOT_COARSE, startFrom } from '../circuit/grow.js';
import { longestPrefix, type Cost, type Guess } from '../circuit/longest-prefix.js';
import { Trials } from '../circuit/trials.js';
import { exactKey } from '../exact-key.js';
import type { TensorToWrite } from '../io/safetensors-write.js';
import type { Model } from '../model/model.js';
import { once } from '../once.js';
import { runKey } from '../task/run-key.js';
import type { AnyExamples } from '../task/task.js';
import { readSample, samplingKey, writeSample } from './kept-samples.js';
import type { Captured } from './captured.js';
import type { DrawOptions, MadeSample, Samples } from './samples.js';

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

/** How much both tolerate, and what is kept of each with so much patched. */
export interface Longest {
  readonly size: number;
  /** of a pilot: the side that seems to tolerate less */
  readonly bound?: 0 | 1 | undefined;
  readonly kept: Pair<MadeSample> | undefined;
}

export interface LongestOptions extends Pick<DrawOptions, 'task' | 'cache' | 'signal'> {
  readonly by: Ablation;
  /** of the counterfactuals */
  readonly seed: number;
  /** the size that is asked first */
  readonly start?: number | undefined;
  /** the side that is asked first. Default: by the models, so that draws do not depend on which of them is the baseline */
  readonly first?: 0 | 1 | undefined;
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
  const { task, cache, signal, start = null, first = null, whole = false, draw } = options;
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
        start,
        first,
        whole,
        sampling,
      ],
      codec,
      signal,
    },
    () => findLongest(sides, options),
  );
}

async function findLongest(
  sides: Pair<Tolerating>,
  { task, by, seed, start, first: asked, whole = false, draw, signal }: LongestOptions,
): Promise<Longest | undefined> {
  /** what was captured of each side's last trial that held, on all inputs */
  const captured: Captured[] = [];
  const trials = await both(async (side) => {
    const { model, samples, order, examples, clean, inWords } = sides[side];
    const before = await clean();
    const replacement = await ablation(model, task, examples, sitesOf(order), { by, seed, signal });
    return new Trials(model, task, examples, (size) => (rows) => intervene(order.slice(0, size), replacement(rows)), {
      clean: before,
      ...(draw && {
        capture: samples.capturing.sitesOf(model),
        held: async (size, run) => {
          captured[side] = await samples.capturing.captured(inWords(size), model, run);
        },
      }),
      signal,
    });
  });
  let first: 0 | 1 = asked ?? (sides[0].model.fingerprint <= sides[1].model.fingerprint ? 0 : 1);
  const other = (): 0 | 1 => (first === 0 ? 1 : 0);
  const trial = (size: number): Promise<Cost> => trials[first].run(size);
  /** What one of them tolerates the other may not: it is then the one to ask. */
  const confirm = async (size: number): Promise<Cost> => {
    for (const side of [other(), first] as const) {
      // what was captured is of the last trial that held
      const cost = trials[side].holds(size) ? 0 : await trials[side].run(size);
      if (cost > 1) {
        first = side;
        return cost;
      }
    }
    return 0;
  };
  /** What one of the two says for certain is certain of both. */
  const guess = async (size: number, again: boolean): Promise<Guess | undefined> => {
    const own = await trials[first].forecast(size, again);
    if (own && own.cost > 1) return own;
    const others = await trials[other()].forecast(size, again);
    if (others && others.cost > 1) return others;
    // what the other tolerates says nothing of one that can be asked itself
    if (!own) return trials[first].isInformed ? undefined : others;
    return others && others.cost > own.cost ? others : own;
  };
  const made = (size: number): Promise<Pair<MadeSample>> =>
    both(async (side) => {
      await trials[side].finish();
      return sides[side].samples.made(sides[side].inWords(size), captured[side]!, draw!.place);
    });
  const all = sides[0].order.length;
  if (whole)
    return (await trial(all)) <= 1 && (await confirm(all)) <= 1 ? { size: all, kept: await made(all) } : undefined;
  const { probe } = trials[first];
  const size = await longestPrefix(all, draw ? trial : (probe ?? trial), {
    start,
    // a pilot has no need to be right about both
    ...(draw ? { probe, guess, confirm } : { coarse: PILOT_COARSE }),
  });
  if (draw) return { size, kept: size > 0 ? await made(size) : undefined };
  // a little beyond what one tolerates both have something to say
  const beyond = Math.min(all, startFrom(size));
  const [own, others] = [await trials[first].seems(beyond), await trials[other()].seems(beyond)];
  return { size, bound: others > own ? other() : first, kept: undefined };
}
