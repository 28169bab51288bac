/**
 * Draws implementations of two models together: one intervention serves both. A draw is a random order over the pairs of components that break neither model alone, counterfactual inputs by one
 * seed, and the longest beginning of the order that both models tolerate. What comes out of it for the two sides are twins.
 */
import { ablation } from '../circuit/ablation.js';
import { ablationMethod } from '../circuit/ablations.js';
import { intervene, inWords, select, sitesOf, type Component } from '../circuit/component.js';
import type { Correspondence } from '../circuit/correspondence.js';
import { longestPrefix } from '../circuit/grow.js';
import type { Model } from '../model/model.js';
import { random } from '../random.js';
import { runExamples, type BatchInterventions } from '../task/run.js';
import { requireBehaviour, type AnyExamples } from '../task/task.js';
import { searchFree } from './by-intervention.js';
import { mostTries, Samples, type Captured, type DrawOptions } from './samples.js';
import type { Implementation, ImplementationSet, Interventions } from './set.js';

type Pair<T> = readonly [T, T];
export type ComponentPair = Pair<Component>;

/** What a draw does to both models. */
export interface CommonIntervention {
  /** places among the sampler's `pairs` of the components that are patched, in the order in which they were added */
  readonly pairs: readonly number[];
  /** of the counterfactual inputs */
  readonly seed: number;
}

/** The same intervention on both models. */
export interface Twins {
  readonly sides: Pair<Implementation>;
  /** what the patches are for */
  readonly examples: AnyExamples;
}

export interface CommonDrawOptions extends Omit<DrawOptions, 'progress'> {
  /** share done of the search of each side */
  readonly progress?: Pair<(done: number) => void> | undefined;
  /** told when a side's search is done, and how many components it leaves to be patched */
  readonly opened?: ((side: 0 | 1, patchable: number | undefined) => void) | undefined;
}

/** A side: its model, and how it does the task untouched. */
interface Side {
  readonly model: Model;
  readonly samples: Samples;
  /** clean logits, for a behaviour relative to them */
  readonly clean: readonly Float32Array[] | undefined;
  /** the run without interventions, until it is the first draw */
  itself: Captured | undefined;
}

const both = async <T>(of: (side: 0 | 1) => Promise<T>): Promise<[T, T]> => [await of(0), await of(1)];

/** Both sides of a comparison, drawn together. */
export class CommonSampler {
  /** what each draw does to both models; of the first, the models themselves, nothing. In the order of the draws that were kept */
  readonly interventions: CommonIntervention[] = [];
  readonly sides: Pair<Samples>;
  private tried = 0;

  private constructor(
    private readonly of: Pair<Side>,
    /** pairs of components that draws patch from */
    readonly pairs: readonly ComponentPair[],
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
    const { task, examples, searchSeed, signal, progress, opened } = options;
    const how = sets[0].interventions;
    const free: Set<string>[] = [];
    const of = await both(async (side): Promise<Side> => {
      progress?.[side](0);
      const set = sets[side];
      const model = set.original;
      const drawing: DrawOptions = { ...options, progress: undefined };
      const probe = new Samples(set, undefined, 0, drawing);
      const run = await runExamples(model, task, examples, { capture: probe.sitesOf(model), signal });
      requireBehaviour(task, model.name, run.score);
      const itself = await probe.captured(`${model.name} itself`, model, run);
      const { pool, searched } =
        how.outside === 'grow'
          ? await searchFree(model, how, { task, examples, searchSeed, signal, progress: progress?.[side] })
          : { pool: select(model, set.interventions.outside as readonly string[]), searched: undefined };
      free.push(new Set(pool.map(({ name }) => name)));
      opened?.(side, searched?.patchable);
      return {
        model,
        samples: new Samples(set, searched, run.score, drawing),
        clean: task.behaviour.relative ? run.logits : undefined,
        itself,
      };
    });
    const pairs = corresponding.filter((pair) => pair.every((one, side) => free[side]!.has(one.name)));
    return pairs.length === 0 ? undefined : new CommonSampler(of, pairs, how, options);
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

  private async next(): Promise<void> {
    const index = this.tried++;
    for (const side of this.sides) side.tried++;
    if (index === 0) {
      for (const side of this.of) {
        await side.samples.add(`${side.model.name} itself`, side.itself!);
        side.itself = undefined;
      }
      this.interventions.push({ pairs: [], seed: 0 });
      return;
    }
    const { seed: from, task, examples, signal } = this.options;
    const stream = random(from, `draw ${index}`);
    const { pairs } = this;
    const grows = this.how.outside === 'grow';
    const order = grows
      ? Array.from(stream.permutation(pairs.length))
      : Array.from(stream.subset(pairs.length, Math.max(1, Math.round(this.how.fraction * pairs.length))));
    const seed = stream.below(0x7fffffff);
    const pools = ([0, 1] as const).map((side) => this.chosen(side, order)) as [Component[], Component[]];
    const patches = await both((side) => this.patches(side, pools[side], seed, examples));
    let held: [Captured, Captured] | undefined;
    // the side that failed last is asked first: a trial ends with the first that fails
    let first: 0 | 1 = 0;
    const holds = async (size: number): Promise<boolean> => {
      const found: Captured[] = [];
      for (const side of [first, (1 - first) as 0 | 1]) {
        const { samples, clean, model } = this.of[side];
        const run = await runExamples(model, task, examples, {
          capture: samples.sitesOf(model),
          patch: patches[side](pools[side].slice(0, size)),
          clean,
          signal,
        });
        if (!task.meets(run.score)) {
          first = side;
          return false;
        }
        found[side] = await samples.captured(this.inWords(side, order.slice(0, size), index), model, run);
      }
      held = found as [Captured, Captured];
      return true;
    };
    const size = grows
      ? await longestPrefix(order.length, holds)
      : (await holds(order.length))
        ? order.length
        : undefined;
    if (size === undefined) return;
    const chosen = order.slice(0, size);
    for (const side of [0, 1] as const) {
      const description = this.inWords(side, chosen, index);
      if (held) await this.of[side].samples.add(description, held[side]);
      else this.of[side].samples.again(description);
    }
    this.interventions.push({ pairs: chosen, seed });
  }
}
