/** Draws implementations of one side, keeps those that still do the task, and reduces each to its Gram matrix at once. */
import { kept, type Codec } from '../cache/kept.js';
import type { TensorToWrite } from '../io/safetensors-write.js';
import { ablation } from '../circuit/ablation.js';
import type { Ablation } from '../circuit/ablations.js';
import { intervene, sitesOf, type Component } from '../circuit/component.js';
import type { Model } from '../model/model.js';
import type { Gram } from '../representation/gram.js';
import { runExamples, type BatchInterventions } from '../task/run.js';
import { behaviourOf } from '../task/kept-behaviour.js';
import { drawingKey } from '../task/run-key.js';
import { requireBehaviour } from '../task/task.js';
import { readSample, samplingKey, writeSample } from './kept-samples.js';
import { capturing } from './captured.js';
import { mostTries, Samples, type DrawOptions, type MadeSample } from './samples.js';
import type { ImplementationSet, OpenSet, Recipe } from './set.js';

/** What comes of a draw: undefined where the set has no more. */
interface Drawn {
  readonly description: string;
  /** fingerprint of the trained model it is made of */
  readonly run: string;
  readonly recipe?: Recipe | undefined;
  /** undefined where it does not do the task */
  readonly made: MadeSample | undefined;
}

const codec: Codec<Drawn | undefined> = {
  write(drawn) {
    if (!drawn) return { value: null };
    const tensors = new Map<string, TensorToWrite>();
    return { value: { ...drawn, made: drawn.made && writeSample(drawn.made, '', tensors) }, tensors };
  },
  read({ value, tensors }) {
    if (value === null) return undefined;
    const { made, ...said } = value as Omit<Drawn, 'made'> & { readonly made?: ReturnType<typeof writeSample> };
    return { ...said, made: made && readSample(made, '', tensors) };
  },
};

/** One side of a comparison, drawn as far as it is asked for. */
export class Sampler extends Samples {
  private exhausted = false;

  private constructor(
    set: ImplementationSet,
    private readonly open: OpenSet,
    behaviour: number,
    options: DrawOptions,
    private readonly clean: (model: Model) => Promise<readonly Float32Array[]>,
  ) {
    super(set, open.searched, behaviour, options);
  }

  /**
   * Judges the original's behaviour and opens the set: nothing is drawn yet.
   * @throws BehaviourError where the original is below the task's threshold
   */
  static async start(set: ImplementationSet, options: DrawOptions): Promise<Sampler> {
    const { task, examples, seed, searchSeed, signal, cache, progress } = options;
    const { original } = set;
    const known = new Map<Model, Promise<readonly Float32Array[]>>();
    const score = await behaviourOf(original, task, examples, {
      cache,
      signal,
      ran: ({ logits }) => known.set(original, Promise.resolve(logits)),
    });
    requireBehaviour(task, original.name, score);
    const open = await set.open({
      task,
      examples,
      seed,
      searchSeed,
      signal,
      cache,
      capturing: capturing(options),
      progress,
    });
    return new Sampler(set, open, score, options, (model) => {
      const logits = known.get(model) ?? runExamples(model, task, examples, { signal }).then((run) => run.logits);
      known.set(model, logits);
      return logits;
    });
  }

  /**
   * Draws until there are so many implementations, the set has no more, or too few are accepted. Drawing on later gives the same ones as drawing all at once.
   * @returns true where there are as many
   * @throws RepresentationError for NaN, infinite or constant activations
   */
  async fill(count: number): Promise<boolean> {
    const most = mostTries(count, this.options.minAcceptance);
    while (this.drawn.length < count && !this.exhausted && this.tried < most) await this.next();
    return this.drawn.length >= count;
  }

  /** All that runs of the original follow from, and what becomes of them; undefined where nobody can say. */
  itselfKey(): readonly unknown[] | undefined {
    const { task, examples } = this.options;
    const run = drawingKey(this.set.original, task, examples);
    return run && [run, samplingKey(this.options, task, examples)];
  }

  /** What draws patch from. */
  get pool(): OpenSet['pool'] {
    return this.open.pool;
  }

  /**
   * The original under a draw's counterfactuals, with components of one's choice patched.
   * @param pool all that may be asked for
   * @returns what gives the Gram matrix, undefined where the model misses the threshold with these patched
   */
  async under(
    by: Ablation,
    seed: number,
    pool: readonly Component[],
    named: (some: readonly Component[]) => string,
  ): Promise<(some: readonly Component[]) => Promise<Gram | undefined>> {
    const { task, examples, signal } = this.options;
    const model = this.set.original;
    const replacement = await ablation(model, task, examples, sitesOf(pool), { by, seed, signal });
    const clean = task.behaviour.relative ? await this.clean(model) : undefined;
    return async (some) => {
      const patch: BatchInterventions = (rows) => intervene(some, replacement(rows));
      const run = await runExamples(model, task, examples, {
        patch,
        clean,
        capture: this.capturing.sitesOf(model),
        signal,
      });
      if (!task.meets(run.score)) return undefined;
      const description = named(some);
      return this.gramOf(description, await this.capturing.captured(description, model, run));
    };
  }

  /** Tries so many draws, the model itself among them, however many of them are accepted. @throws as `fill` */
  async fillUpTo(tries: number): Promise<void> {
    while (this.tried < tries && !this.exhausted) await this.next();
  }

  /**
   * Makes some draws for the sake of what is kept of them, and adds none. Those before are taken to be accepted.
   * @param from number of the first, above 0
   * @throws as `fill`
   */
  async ahead(from: number, to: number): Promise<void> {
    // what comes later is held against the first
    if (await this.fill(1))
      for (let index = from; index < to; index++) await this.numbered(index, this.placeAfter(index));
  }

  private async next(): Promise<void> {
    const found = await this.numbered(this.tried, this.place);
    if (!found) {
      this.exhausted = true;
      return;
    }
    this.tried++;
    if (found.made) this.add(found.description, found.run, found.made, found.recipe);
  }

  /** A draw, which is made once. */
  private numbered(index: number, place: number): Promise<Drawn | undefined> {
    const { set, options } = this;
    const { task, examples, seed, searchSeed, cache, signal } = options;
    return kept(
      cache,
      {
        kind: 'draw',
        about: `draw ${index} of ${set.description} on ${task.name}`,
        key: () => [
          set.identity?.((model) => drawingKey(model, task, examples)),
          [seed, searchSeed, index],
          // they are in its description
          [set.description, (set.models ?? [set.original]).map(({ name }) => name)],
          [samplingKey(options, task, examples), place],
        ],
        codec,
        signal,
      },
      () => this.draw(index, place),
    );
  }

  private async draw(index: number, place: number): Promise<Drawn | undefined> {
    const { task, examples, signal } = this.options;
    const implementation = await this.open.draw(index);
    if (!implementation) return undefined;
    const { model, patch, description, recipe } = implementation;
    const captured =
      implementation.captured ??
      (await this.capturing.captured(
        description,
        model,
        await runExamples(model, task, examples, {
          capture: this.capturing.sitesOf(model),
          patch,
          clean: task.behaviour.relative ? await this.clean(model) : undefined,
          signal,
        }),
      ));
    const made = task.meets(captured.behaviour) ? await this.made(description, captured, place) : undefined;
    return { description, run: model.fingerprint, ...(recipe && { recipe }), made };
  }
}
