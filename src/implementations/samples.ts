/** What is kept of the implementations of one side that still do the task: each is reduced to its Gram matrix at once. */
import type { Cache } from '../cache/cache.js';
import type { Pool } from '../representation/capture.js';
import { addGrams, gramPieces, someRows, type Gram } from '../representation/gram.js';
import { packGram, type PackedGram } from '../representation/packed-gram.js';
import { averaging, keptShare, withControl, type Averaging } from '../representation/orbit-average.js';
import { random } from '../random.js';
import { breathe, each, inTurns } from '../signal.js';
import type { AnyExamples, AnyTask } from '../task/task.js';
import { capturing, named, type Captured, type Capturing } from './captured.js';
import { lookedAt } from './looked-at.js';
import { requireImplementations, type ImplementationSet, type Recipe, type Searched } from './set.js';

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
  /** given where it is drawn by intervention on one model */
  readonly recipe?: Recipe | undefined;
  readonly gram: Gram;
  /** per site, in the order of the sites; kept for the first few implementations only */
  readonly siteGrams: readonly Gram[] | undefined;
  /** at the sites that a last look may take one by one; none where it may not */
  readonly keptSites: readonly PackedGram[];
}

/** What is kept of an implementation, before it is one of its side. */
export interface MadeSample extends Pick<Sample, 'behaviour' | 'gram' | 'siteGrams' | 'keptSites'> {
  readonly sites: readonly string[];
  readonly features: number;
  /** sites at which it is as the first is, to the bit; none where Grams per site are not kept */
  readonly asFirst: readonly string[];
  /** of the first, with symmetries */
  readonly kept: KeptShares | undefined;
}

/** One side, as far as it has been drawn. */
export interface SampleSource {
  readonly set: ImplementationSet;
  readonly searched: Searched | undefined;
  readonly behaviour: number;
  readonly drawn: readonly Sample[];
  readonly tried: number;
  /** of the first implementation */
  readonly sites: readonly string[];
  /** whether every implementation has these sites; if not, nothing can be said site by site */
  readonly sameSites: boolean;
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
  /** where what is computed is kept for other runs */
  readonly cache?: Cache | undefined;
  /** share done of the search for components that matter */
  readonly progress?: ((done: number) => void) | undefined;
}

/** Draws beyond what the acceptance rate asks for, so that a few early rejections end nothing. */
const PATIENCE = 10;

/** Draws after which no more are tried for so many implementations. */
export const mostTries = (count: number, minAcceptance: number): number => Math.ceil(count / minAcceptance) + PATIENCE;

/** The implementations of one side that are kept. */
export class Samples implements SampleSource {
  /** the sites of a model that are to be captured, and what is kept of a run */
  readonly capturing: Capturing;
  readonly drawn: Sample[] = [];
  /** what was kept of the last one */
  lastMade: MadeSample | undefined;
  tried = 0;
  sites: readonly string[] = [];
  sameSites = true;
  features = 0;
  untouched: readonly string[] = [];
  kept: KeptShares | undefined;

  constructor(
    readonly set: ImplementationSet,
    readonly searched: Searched | undefined,
    readonly behaviour: number,
    protected readonly options: DrawOptions,
  ) {
    this.capturing = capturing(options);
  }

  /** The place of the next one, as far as it decides what is kept of it. */
  get place(): number {
    return this.placeAfter(this.drawn.length);
  }

  /** The same after so many. */
  placeAfter(count: number): number {
    return Math.min(count, Math.max(this.options.perSite, CONTROLS));
  }

  /**
   * What is kept of an implementation.
   * @param place of it, as `placeAfter` gives it
   * @throws RepresentationError for NaN, infinite or constant activations
   */
  async made(description: string, captured: Captured, place: number): Promise<MadeSample> {
    const { averaging: how, perSite, keepSites, signal } = this.options;
    const sites = captured.sites.map(({ name }) => name);
    return named(description, async () => {
      const whole = await this.whole(captured);
      const features = captured.features.reduce((sum, { shape }) => sum + shape[1], 0);
      const { grams, kept } = how ? await this.average(whole, how, place) : { grams: whole, kept: undefined };
      const [first] = this.drawn;
      const sameSites = first === undefined || equal(sites, this.sites);
      const asFirst = sites.filter(
        (_, s) => sameSites && (first === undefined || sameBits(grams[s]!, first.siteGrams?.[s])),
      );
      await breathe(signal);
      const gram = addGrams(grams);
      return {
        behaviour: captured.behaviour,
        sites,
        features,
        asFirst: perSite === 0 ? [] : asFirst,
        kept,
        gram,
        siteGrams: sameSites && place < perSite ? grams : undefined,
        keptSites:
          keepSites && grams.length > 1 ? await each(lookedAt(grams.length), (s) => packGram(grams[s]!), signal) : [],
      };
    });
  }

  /** Keeps an implementation. @param run fingerprint of the trained model it is made of */
  add(description: string, run: string, made: MadeSample, recipe?: Recipe): void {
    const { behaviour, sites, features, asFirst, kept, gram, siteGrams, keptSites } = made;
    if (this.drawn.length === 0) this.sites = sites;
    this.sameSites &&= equal(sites, this.sites);
    this.features = features;
    this.untouched = this.drawn.length === 0 ? asFirst : this.untouched.filter((site) => asFirst.includes(site));
    this.kept ??= kept;
    this.lastMade = made;
    this.drawn.push({ description, behaviour, run, recipe, gram, siteGrams, keptSites });
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

  private async average(
    whole: readonly Gram[],
    how: Averaging,
    place: number,
  ): Promise<{ readonly grams: Gram[]; readonly kept: KeptShares | undefined }> {
    const { seed, signal } = this.options;
    let kept: KeptShares | undefined;
    if (place === 0) {
      const share = async (gram: Gram): Promise<number> =>
        keptShare(gram, await inTurns(averaging(gram, { ...how, measured: undefined }), signal));
      const sites: number[] = [];
      for (const gram of whole) sites.push(await share(gram));
      kept = { sites, together: await share(addGrams(whole)) };
    }
    const order = place < CONTROLS ? random(seed, `control ${place}`).permutation(whole[0]!.n) : undefined;
    const grams: Gram[] = [];
    for (const gram of whole)
      grams.push(await inTurns(order ? withControl(gram, how, order) : averaging(gram, how), signal));
    return { grams, kept };
  }

  /** @throws ImplementationError where too few draws were accepted to compare anything */
  require(count: number): void {
    const { minAcceptance, task } = this.options;
    requireImplementations(this.set.description, this.tried, this.drawn.length, count, minAcceptance, task);
  }
}

const equal = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((site, s) => site === b[s]);
const bytesOf = ({ data: { buffer, byteOffset, byteLength } }: Gram): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);
const sameBits = (a: Gram, b: Gram | undefined): boolean => b !== undefined && bytesOf(a).equals(bytesOf(b));
