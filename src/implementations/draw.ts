/** Draws implementations of one side, keeps those that still do the task, and reduces each to its Gram matrix at once. */
import type { Gram } from '../representation/gram.js';
import { addGrams, gramPieces, someRows } from '../representation/gram.js';
import { checkSites, featuresOf, type Pool } from '../representation/capture.js';
import type { Model } from '../model/model.js';
import { random } from '../random.js';
import { averaging, keptShare, withControl, type Averaging } from '../representation/orbit-average.js';
import { runExamples } from '../task/run.js';
import { requireBehaviour, type AnyExamples, type AnyTask } from '../task/task.js';
import { RepresentationError } from '../errors.js';
import { breathe, each, inTurns } from '../signal.js';
import { packGram, type PackedGram } from '../representation/packed-gram.js';
import { lookedAt } from './looked-at.js';
import { requireImplementations, type ImplementationSet, type OpenSet } from './index.js';

/** Implementations a side of which a control is made, by shuffling their inputs. */
export const CONTROLS = 3;

export interface KeptShares {
  /** in the order of the sites */
  readonly sites: readonly number[];
  readonly together: number;
}

/** One accepted implementation. */
export interface Sample {
  readonly description: string;
  readonly behaviour: number;
  /** fingerprint of the trained model it is made of */
  readonly run: string;
  readonly gram: Gram;
  /** per site, in the order of the sites; kept for the first few implementations only */
  readonly siteGrams: readonly Gram[] | undefined;
  /** at the sites that a last look may take one by one; none where it may not */
  readonly keptSites: readonly PackedGram[];
}

/** One side, as far as it has been drawn. */
export interface SampleSource {
  readonly set: ImplementationSet;
  readonly open: OpenSet;
  readonly behaviour: number;
  readonly drawn: readonly Sample[];
  readonly tried: number;
  readonly sites: readonly string[];
  readonly features: number;
  /** sites at which every implementation drawn is as the first is, to the bit; none where Grams per site are not kept */
  readonly untouched: readonly string[];
  /** with symmetries: the share of the first implementation's structure that averaging keeps, at each site and of all together */
  readonly kept: KeptShares | undefined;
}

export interface DrawOptions {
  readonly task: AnyTask;
  readonly examples: AnyExamples;
  /** places of the examples that representations are taken over. Default: all */
  readonly rows?: Uint32Array | undefined;
  /** what becomes of the representations of a task with symmetries */
  readonly averaging?: Averaging | undefined;
  /** of the draws */
  readonly seed: number;
  /** of the search for components that matter, shared by both sides */
  readonly searchSeed: number;
  /** smallest acceptance rate, in (0, 1] */
  readonly minAcceptance: number;
  /** undefined: each model's default representation */
  readonly sites: readonly string[] | undefined;
  readonly pool: Pool;
  /** how many implementations keep their Grams per site */
  readonly perSite: number;
  /** keep what a look at single sites needs */
  readonly keepSites: boolean;
  readonly signal: AbortSignal | undefined;
  /** share done of the search for components that matter */
  readonly progress?: ((done: number) => void) | undefined;
}

/** Draws beyond what the acceptance rate asks for, so that a few early rejections end nothing. */
const PATIENCE = 10;

/** Names the implementation in an error that only knows its site. */
async function named<T>(words: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof RepresentationError)) throw error;
    throw new RepresentationError({
      what: error.what,
      where: `${words}${error.where ? `, ${error.where}` : ''}`,
      hint: error.hint,
      cause: error,
    });
  }
}

/** One side of a comparison, drawn as far as it is asked for. */
export class Sampler implements SampleSource {
  readonly drawn: Sample[] = [];
  tried = 0;
  sites: readonly string[] = [];
  features = 0;
  untouched: readonly string[] = [];
  kept: KeptShares | undefined;
  private exhausted = false;

  private constructor(
    readonly set: ImplementationSet,
    readonly open: OpenSet,
    readonly behaviour: number,
    private readonly options: DrawOptions,
    private readonly clean: (model: Model) => Promise<Clean>,
  ) {}

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
    return new Sampler(
      set,
      await set.open({ task, examples, seed, searchSeed, signal, progress }),
      score,
      options,
      clean,
    );
  }

  /**
   * Draws until there are so many implementations, the set has no more, or too few are accepted. Drawing on later gives the same ones as drawing all at once.
   * @returns true where there are as many
   * @throws RepresentationError for NaN, infinite or constant activations
   */
  async fill(count: number): Promise<boolean> {
    const most = Math.ceil(count / this.options.minAcceptance) + PATIENCE;
    while (this.drawn.length < count && !this.exhausted && this.tried < most) await this.next();
    return this.drawn.length >= count;
  }

  /** @throws ImplementationError where too few draws were accepted to compare anything */
  require(count: number): void {
    requireImplementations(
      this.set.description,
      this.tried,
      this.drawn.length,
      count,
      this.options.minAcceptance,
      this.options.task,
    );
  }

  private async next(): Promise<void> {
    const { task, examples, rows: over, averaging: how, seed, pool, perSite, keepSites, signal } = this.options;
    const implementation = await this.open.draw(this.tried);
    if (!implementation) {
      this.exhausted = true;
      return;
    }
    this.tried++;
    const { model, patch, description: words } = implementation;
    const sites = this.options.sites ?? model.representationSites;
    this.sites = sites;
    checkSites(model, sites);
    const sited = sites.map((name) => model.sites.find((site) => site.name === name)!);
    const relative = task.behaviour.relative ? (await this.clean(model)).logits : undefined;
    const run = await runExamples(model, task, examples, { capture: sites, patch, clean: relative, signal });
    if (!task.meets(run.score)) return;
    const kept = await named(words, async () => {
      const whole: Gram[] = [];
      let width = 0;
      for (const site of sited) {
        const rows = someRows(featuresOf(site, run.batches, pool), over);
        width += rows.shape[1];
        whole.push(await inTurns(gramPieces(rows, { where: site.name, constant: 'zero' }), signal));
      }
      this.features = width;
      const grams = how ? await this.average(whole, how, seed) : whole;
      this.untouched =
        perSite === 0
          ? []
          : this.drawn.length === 0
            ? sites
            : this.untouched.filter((site) =>
                sameBits(grams[sites.indexOf(site)]!, this.drawn[0]!.siteGrams![sites.indexOf(site)]!),
              );
      await breathe(signal);
      const gram = addGrams(grams);
      return {
        gram,
        siteGrams: this.drawn.length < perSite ? grams : undefined,
        keptSites:
          keepSites && grams.length > 1 ? await each(lookedAt(grams.length), (s) => packGram(grams[s]!), signal) : [],
      };
    });
    this.drawn.push({ description: words, behaviour: run.score, run: model.fingerprint, ...kept });
  }

  private async average(whole: readonly Gram[], how: Averaging, seed: number): Promise<Gram[]> {
    const { signal } = this.options;
    const count = this.drawn.length;
    if (count === 0) {
      const share = async (gram: Gram): Promise<number> =>
        keptShare(gram, await inTurns(averaging(gram, { ...how, measured: undefined }), signal));
      const sites: number[] = [];
      for (const gram of whole) sites.push(await share(gram));
      this.kept = { sites, together: await share(addGrams(whole)) };
    }
    const order = count < CONTROLS ? random(seed, `control ${count}`).permutation(whole[0]!.n) : undefined;
    const grams: Gram[] = [];
    for (const gram of whole)
      grams.push(await inTurns(order ? withControl(gram, how, order) : averaging(gram, how), signal));
    return grams;
  }
}

const sameBits = (a: Gram, b: Gram): boolean => a.data.every((value, at) => Object.is(value, b.data[at]));

interface Clean {
  readonly logits: readonly Float32Array[];
  readonly score: number;
}
