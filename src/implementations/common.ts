/**
 * Draws implementations of two models together: one intervention serves both. A draw is a random order over the pairs of components that break neither model alone, counterfactual inputs by one
 * seed, and the longest beginning of the order that both models tolerate. What comes out of it for the two sides are twins.
 */
import { ablation, ablationKey } from '../circuit/ablation.js';
import { ablationMethod } from '../circuit/ablations.js';
import { intervene, inWords, sitesOf, type Component } from '../circuit/component.js';
import type { Correspondence } from '../circuit/correspondence.js';
import { startFrom } from '../circuit/grow.js';
import { isSampled, sampled } from '../circuit/scope.js';
import { random } from '../random.js';
import type { Gram } from '../representation/gram.js';
import { runExamples, type BatchInterventions } from '../task/run.js';
import { runKey } from '../task/run-key.js';
import type { AnyExamples } from '../task/task.js';
import { commonSide, type CommonSide } from './common-side.js';
import type { CommonIntervention, ComponentPair, Twins } from './common-intervention.js';
import { samplingKey } from './kept-samples.js';
import { both, longest, type Few, type Longest, type LongestOptions, type Tolerating } from './longest.js';
import { mostTries, type DrawOptions, type Samples } from './samples.js';
import type { Implementation, ImplementationSet, Interventions } from './set.js';

type Pair<T> = readonly [T, T];

export interface CommonDrawOptions extends Omit<DrawOptions, 'progress'> {
  /** share done of the search of each side */
  readonly progress?: Pair<(done: number) => void> | undefined;
  /** told when a side's search is done, and how many components it leaves to be patched */
  readonly opened?: ((side: 0 | 1, patchable: number | undefined) => void) | undefined;
}

/** Of pairs of components those that are searched, where either side's search takes a sample: one sample for both, also where a component of the one is another's place in the other. */
function sampleOfPairs(
  sets: Pair<ImplementationSet & { readonly interventions: Interventions }>,
  pairs: NonNullable<Correspondence['pairs']>,
  seed: number,
): NonNullable<Correspondence['pairs']> | undefined {
  const { outside, search } = sets[0].interventions;
  if (outside !== 'grow' || !sets.some(({ original }) => isSampled(original, search.over))) return undefined;
  return sampled(sets[0].original, search.over, pairs, ([one]) => one.kind, seed);
}

/** Both sides of a comparison, drawn together. */
export class CommonSampler {
  /** what each draw does to both models; of the first, the models themselves, nothing. In the order of the draws that were kept */
  readonly interventions: CommonIntervention[] = [];
  readonly sides: Pair<Samples>;
  private tried = 0;
  /** the size and the side that draws ask first */
  private begin: Promise<Pick<LongestOptions, 'start' | 'first'>> | undefined;

  private constructor(
    private readonly of: Pair<CommonSide>,
    /** pairs of components that draws patch from */
    readonly pairs: readonly ComponentPair[],
    /** how many pairs were searched: all that correspond, or a sample of them */
    readonly searched: number,
    readonly how: Interventions,
    private readonly options: CommonDrawOptions,
  ) {
    this.sides = [of[0].samples, of[1].samples];
  }

  /**
   * Judges both models' behaviour and searches for the components that break either alone: nothing is drawn yet.
   * @param sets both by intervention, in the same way
   * @param corresponding which component of one is which of the other
   * @returns undefined where there is no pair of components that both models can do without
   * @throws BehaviourError where a model is below the task's threshold; ImplementationError where one can do without none of its components
   */
  static async start(
    sets: Pair<ImplementationSet & { readonly interventions: Interventions }>,
    corresponding: NonNullable<Correspondence['pairs']>,
    options: CommonDrawOptions,
  ): Promise<CommonSampler | undefined> {
    const { progress, opened, ...drawing } = options;
    const how = sets[0].interventions;
    const sample = sampleOfPairs(sets, corresponding, options.searchSeed);
    const of = await both(async (at) => {
      progress?.[at](0);
      const own = sample?.map((pair) => pair[at]);
      const side = await commonSide(sets[at], how, { ...drawing, progress: progress?.[at] }, own);
      opened?.(at, side.samples.searched?.patchable);
      return side;
    });
    const free = of.map(({ pool }) => new Set(pool.map(({ name }) => name)));
    const among = sample ?? corresponding;
    const pairs = among.filter((pair) => pair.every((one, side) => free[side]!.has(one.name)));
    return pairs.length === 0 ? undefined : new CommonSampler(of, pairs, among.length, how, options);
  }

  /**
   * Draws until there are so many pairs of implementations, or too few are accepted. Drawing on later gives the same ones as drawing all at once.
   * @returns true where there are as many
   * @throws RepresentationError for NaN, infinite or constant activations
   */
  async fill(count: number): Promise<boolean> {
    const most = mostTries(count, this.options.minAcceptance);
    while (this.interventions.length < count && this.tried < most) await this.next();
    return this.interventions.length >= count;
  }

  /** @throws ImplementationError where too few draws were accepted to compare anything */
  require(count: number): void {
    for (const side of this.sides) side.require(count);
  }

  /**
   * A draw again, on both models.
   * @param draw its place among `interventions`
   * @param some of what it patches: places among `pairs`. Default: all of it
   * @param rows places of the examples to prepare it for. Default: all
   */
  async twins(draw: number, some?: readonly number[], rows?: readonly number[]): Promise<Twins> {
    const { pairs, seed } = this.interventions[draw]!;
    const chosen = some ?? pairs;
    const { task, examples: all } = this.options;
    const examples = rows ? { inputs: rows.map((row) => all.inputs[row]!), pool: all } : all;
    const sides = await both(async (side): Promise<Implementation> => {
      const { model } = this.of[side];
      const components = this.chosen(side, chosen);
      if (components.length === 0) return { description: `${model.name} itself`, model, patch: undefined };
      const replaced = this.resamples ? task.counterfactuals(all, seed, model) : undefined;
      const patch = await this.patches(
        side,
        components,
        seed,
        examples,
        rows && replaced ? rows.map((row) => replaced[row]!) : replaced,
      );
      return { description: this.inWords(side, chosen, draw), model, patch: patch(components) };
    });
    return { sides, examples };
  }

  /** All that a draw made again follows from, on both models, for what is kept of it; undefined where nobody can say. */
  drawKey(draw: number): readonly unknown[] | undefined {
    const { task, examples } = this.options;
    const { pairs, seed } = this.interventions[draw]!;
    const names = (some: readonly number[]): string[][] => some.map((at) => this.pairs[at]!.map(({ name }) => name));
    const runs = this.of.map(({ model }) => runKey(model, task, examples));
    if (runs.includes(undefined)) return undefined;
    const put = this.of.map(({ model }) => ablationKey(model, task, examples, { by: this.how.by, seed }));
    const all = names(this.pairs.map((_, at) => at));
    return [runs, put, seed, names(pairs), all, samplingKey(this.options, task, examples), this.how.outside === 'grow'];
  }

  /** What is kept of work on its draws, and where. */
  get keeping(): Pick<DrawOptions, 'cache' | 'signal'> & { readonly about: string } {
    const { cache, signal, task } = this.options;
    return { cache, signal, about: `${this.of.map(({ model }) => model.name).join(' and ')} on ${task.name}` };
  }

  /**
   * One model under a draw's counterfactuals, with components of one's choice patched.
   * @param pool all that may be asked for
   * @returns what gives the Gram matrix, undefined where the model misses the threshold with these patched
   */
  async under(
    side: 0 | 1,
    draw: number,
    pool: readonly Component[],
  ): Promise<(some: readonly Component[]) => Promise<Gram | undefined>> {
    const { task, examples, signal } = this.options;
    const { model, samples, clean } = this.of[side];
    const patch = await this.patches(side, pool, this.interventions[draw]!.seed, examples);
    return async (some) => {
      const capture = samples.capturing.sitesOf(model);
      const run = await runExamples(model, task, examples, {
        patch: patch(some),
        clean: await clean(),
        capture,
        signal,
      });
      if (!task.meets(run.score)) return undefined;
      const description = `${model.name} with ${inWords(some, model)} ${ablationMethod(this.how.by).done} (draw ${draw})`;
      return samples.gramOf(description, await samples.capturing.captured(description, model, run));
    };
  }

  private get resamples(): boolean {
    return ablationMethod(this.how.by).needs === 'counterfactuals';
  }

  private chosen(side: 0 | 1, chosen: readonly number[]): Component[] {
    return chosen.map((at) => this.pairs[at]![side]);
  }

  private inWords(side: 0 | 1, chosen: readonly number[], draw: number): string {
    const { model } = this.of[side];
    return `${model.name} with ${inWords(this.chosen(side, chosen), model)} ${ablationMethod(this.how.by).done} (draw ${draw})`;
  }

  /** Prepares components to be patched: counterfactuals are captured once. */
  private async patches(
    side: 0 | 1,
    pool: readonly Component[],
    seed: number,
    examples: AnyExamples,
    counterfactuals?: Parameters<typeof ablation>[4]['counterfactuals'],
  ): Promise<(some: readonly Component[]) => BatchInterventions> {
    const { task, signal } = this.options;
    const { model } = this.of[side];
    const { by } = this.how;
    const replacement = await ablation(model, task, examples, sitesOf(pool), { by, seed, counterfactuals, signal });
    return (some) => (rows) => intervene(some, replacement(rows));
  }

  /**
   * Makes some draws for the sake of what is kept of them, and adds none. Those before are taken to be accepted.
   * @param from number of the first, above 0
   * @throws as `fill`
   */
  async ahead(from: number, to: number): Promise<void> {
    // what comes later is held against the first
    await this.fill(1);
    for (let index = from; index < to; index++) await this.numbered(index, this.sides[0].placeAfter(index));
  }

  private async next(): Promise<void> {
    const index = this.tried++;
    for (const side of this.sides) side.tried++;
    if (index === 0) {
      for (const side of this.of) {
        side.samples.add(`${side.model.name} itself`, side.model.fingerprint, side.itself!);
        side.itself = undefined;
      }
      this.interventions.push({ pairs: [], seed: 0 });
      return;
    }
    const { found, pairs, seed } = await this.numbered(index, this.sides[0].place);
    if (!found) return;
    for (const side of [0, 1] as const) {
      const description = this.inWords(side, pairs, index);
      const { samples, model } = this.of[side];
      if (found.kept) samples.add(description, model.fingerprint, found.kept[side]);
      else samples.again(description);
    }
    this.interventions.push({ pairs, seed });
  }

  /** A draw other than the first, which is made once: what both models tolerate of it, and what that patches. */
  private async numbered(
    index: number,
    place: number,
  ): Promise<CommonIntervention & { readonly found: Longest | undefined }> {
    const { seed: from, examples } = this.options;
    const stream = random(from, `draw ${index}`);
    const { pairs } = this;
    const grows = this.how.outside === 'grow';
    const order = grows
      ? Array.from(stream.permutation(pairs.length))
      : Array.from(stream.subset(pairs.length, Math.max(1, Math.round(this.how.fraction * pairs.length))));
    const seed = stream.below(0x7fffffff);
    if (grows) this.begin ??= this.pilot();
    const begin = await this.begin;
    const found = await this.longest(
      order,
      seed,
      [0, 1].map((side) => ({ examples, clean: this.of[side]!.clean })) as [Few, Few],
      { ...begin, whole: !grows, draw: { index, place, sampling: this.options } },
    );
    return { found, pairs: order.slice(0, found?.size ?? 0), seed };
  }

  /** Where draws begin to look for the size that both models tolerate, and with which of them: what it takes is drawn apart from them, on few inputs. */
  private async pilot(): Promise<Pick<LongestOptions, 'start' | 'first'>> {
    const stream = random(this.options.searchSeed, 'pilot');
    const order = Array.from(stream.permutation(this.pairs.length));
    const few = this.of.map((side) => side.few!) as [Few, Few];
    const { size, bound } = (await this.longest(order, stream.below(0x7fffffff), few, {}))!;
    return { start: startFrom(size), first: bound };
  }

  /** The longest beginning of an order that both models tolerate. */
  private longest(
    order: readonly number[],
    seed: number,
    on: Pair<Few>,
    how: Pick<LongestOptions, 'start' | 'first' | 'whole' | 'draw'>,
  ): Promise<Longest | undefined> {
    const { task, cache, signal } = this.options;
    const sides = ([0, 1] as const).map((side): Tolerating => ({
      ...on[side],
      model: this.of[side].model,
      samples: this.of[side].samples,
      order: this.chosen(side, order),
      inWords: (size) => this.inWords(side, order.slice(0, size), how.draw?.index ?? 0),
    })) as unknown as Pair<Tolerating>;
    return longest(sides, { ...how, task, by: this.how.by, seed, cache, signal });
  }
}
