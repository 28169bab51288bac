/** What is kept of the implementations of one side that still do the task: each is reduced to its Gram matrix at once. */
import { RepresentationError } from '../errors.js';
import type { Model, Site } from '../model/model.js';
import { checkSites, featuresOf, type Features, type Pool } from '../representation/capture.js';
import { addGrams, gramPieces, someRows, type Gram } from '../representation/gram.js';
import { packGram, type PackedGram } from '../representation/packed-gram.js';
import { averaging, keptShare, withControl, type Averaging } from '../representation/orbit-average.js';
import { random } from '../random.js';
import { breathe, each, inTurns } from '../signal.js';
import type { ExampleRun } from '../task/run.js';
import type { AnyExamples, AnyTask } from '../task/task.js';
import { lookedAt } from './looked-at.js';
import { requireImplementations, type ImplementationSet, type Searched } from './set.js';

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
  readonly searched: Searched | undefined;
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

/** Draws after which no more are tried for so many implementations. */
export const mostTries = (count: number, minAcceptance: number): number => Math.ceil(count / minAcceptance) + PATIENCE;

/** One implementation's pooled activations: a matrix for each site. */
export interface Captured {
  readonly model: Model;
  readonly behaviour: number;
  readonly sites: readonly Site[];
  readonly features: readonly Features[];
}

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

/** The implementations of one side that are kept. */
export class Samples implements SampleSource {
  readonly drawn: Sample[] = [];
  tried = 0;
  sites: readonly string[] = [];
  features = 0;
  untouched: readonly string[] = [];
  kept: KeptShares | undefined;

  constructor(
    readonly set: ImplementationSet,
    readonly searched: Searched | undefined,
    readonly behaviour: number,
    protected readonly options: DrawOptions,
  ) {}

  /** The sites of a model that are to be captured. @throws RepresentationError for one that it does not have */
  sitesOf(model: Model): readonly string[] {
    const sites = this.options.sites ?? model.representationSites;
    checkSites(model, sites);
    return sites;
  }

  /** What is kept of a run, whose activations are of no more use. @throws RepresentationError */
  async captured(description: string, model: Model, run: ExampleRun): Promise<Captured> {
    return named(description, async () => {
      const sites = this.sitesOf(model).map((name) => model.sites.find((site) => site.name === name)!);
      const features = sites.map((site) => featuresOf(site, run.batches, this.options.pool));
      return { model, behaviour: run.score, sites, features };
    });
  }

  /** Keeps an implementation. @throws RepresentationError for NaN, infinite or constant activations */
  async add(description: string, captured: Captured): Promise<void> {
    const { averaging: how, perSite, keepSites, signal } = this.options;
    const sites = captured.sites.map(({ name }) => name);
    this.sites = sites;
    const kept = await named(description, async () => {
      const whole = await this.whole(captured);
      this.features = captured.features.reduce((sum, { shape }) => sum + shape[1], 0);
      const grams = how ? await this.average(whole, how) : whole;
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
    const { model, behaviour } = captured;
    this.drawn.push({ description, behaviour, run: model.fingerprint, ...kept });
  }

  /** The Gram matrix of an implementation that is not kept. @throws RepresentationError for NaN or infinite activations */
  async gramOf(description: string, captured: Captured): Promise<Gram> {
    const { averaging: how, signal } = this.options;
    return named(description, async () => {
      const grams: Gram[] = [];
      for (const gram of await this.whole(captured))
        grams.push(how ? await inTurns(averaging(gram, how), signal) : gram);
      return addGrams(grams);
    });
  }

  /** The Gram matrix at each site, as it is. */
  private async whole({ sites, features }: Captured): Promise<Gram[]> {
    const { rows: over, signal } = this.options;
    const whole: Gram[] = [];
    for (const [s, found] of features.entries())
      whole.push(await inTurns(gramPieces(someRows(found, over), { where: sites[s]!.name, constant: 'zero' }), signal));
    return whole;
  }

  /** Keeps the first one again, under another description: an implementation in which nothing is patched. */
  again(description: string): void {
    const [first] = this.drawn as [Sample];
    this.drawn.push({
      ...first,
      description,
      siteGrams: this.drawn.length < this.options.perSite ? first.siteGrams : undefined,
      // a copy: distances between one object and itself are not asked for
      gram: { ...first.gram },
    });
  }

  private async average(whole: readonly Gram[], how: Averaging): Promise<Gram[]> {
    const { seed, signal } = this.options;
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

  /** @throws ImplementationError where too few draws were accepted to compare anything */
  require(count: number): void {
    const { minAcceptance, task } = this.options;
    requireImplementations(this.set.description, this.tried, this.drawn.length, count, minAcceptance, task);
  }
}

const sameBits = (a: Gram, b: Gram): boolean => a.data.every((value, at) => Object.is(value, b.data[at]));
