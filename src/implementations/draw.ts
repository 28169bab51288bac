/** Draws implementations of one side, keeps those that still do the task, and reduces each to its Gram matrix at once. */
import type { Model } from '../model/model.js';
import { runExamples } from '../task/run.js';
import { requireBehaviour } from '../task/task.js';
import { mostTries, Samples, type DrawOptions } from './samples.js';
import type { ImplementationSet, OpenSet } from './set.js';

interface Clean {
  readonly logits: readonly Float32Array[];
  readonly score: number;
}

/** One side of a comparison, drawn as far as it is asked for. */
export class Sampler extends Samples {
  private exhausted = false;

  private constructor(
    set: ImplementationSet,
    private readonly open: OpenSet,
    behaviour: number,
    options: DrawOptions,
    private readonly clean: (model: Model) => Promise<Clean>,
  ) {
    super(set, open.searched, behaviour, options);
  }

  /**
   * Judges the original's behaviour and opens the set: nothing is drawn yet.
   * @throws BehaviourError where the original is below the task's threshold
   */
  static async start(set: ImplementationSet, options: DrawOptions): Promise<Sampler> {
    const { task, examples, seed, searchSeed, signal, progress } = options;
    const known = new Map<Model, Clean>();
    const clean = async (model: Model): Promise<Clean> => {
      let found = known.get(model);
      if (!found) {
        const { logits, score } = await runExamples(model, task, examples, { signal });
        found = { logits, score };
        known.set(model, found);
      }
      return found;
    };
    const { score } = await clean(set.original);
    requireBehaviour(task, set.original.name, score);
    const open = await set.open({ task, examples, seed, searchSeed, signal, progress });
    return new Sampler(set, open, score, options, clean);
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

  private async next(): Promise<void> {
    const { task, examples, signal } = this.options;
    const implementation = await this.open.draw(this.tried);
    if (!implementation) {
      this.exhausted = true;
      return;
    }
    this.tried++;
    const { model, patch, description } = implementation;
    const relative = task.behaviour.relative ? (await this.clean(model)).logits : undefined;
    const run = await runExamples(model, task, examples, {
      capture: this.sitesOf(model),
      patch,
      clean: relative,
      signal,
    });
    if (task.meets(run.score)) await this.add(description, await this.captured(description, model, run));
  }
}
