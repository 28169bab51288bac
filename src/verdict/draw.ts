/** Draws implementations of one side, keeps those that still do the task, and reduces each to its Gram matrix at once. */
import type { Gram } from '../representation/gram.js';
import { addGrams, gramOf } from '../representation/gram.js';
import { featuresOf, checkSites, type Pool } from '../representation/capture.js';
import type { Model } from '../model/model.js';
import { runExamples } from '../task/run.js';
import { requireBehaviour, type AnyExamples, type AnyTask } from '../task/task.js';
import { RepresentationError } from '../errors.js';
import { requireImplementations, type ImplementationSet, type OpenSet } from './sets.js';

/** One accepted implementation. */
export interface Drawn {
  readonly words: string;
  readonly behaviour: number;
  readonly gram: Gram;
  /** per site, in the order of the sites; kept for the first few implementations only */
  readonly siteGrams: readonly Gram[] | undefined;
}

export interface Draws {
  readonly open: OpenSet;
  readonly behaviour: number;
  readonly drawn: readonly Drawn[];
  readonly tried: number;
  readonly sites: readonly string[];
  readonly features: number;
}

export interface DrawOptions {
  readonly task: AnyTask;
  readonly examples: AnyExamples;
  /** of the draws */
  readonly seed: number;
  /** of the search for components that matter, shared by both sides */
  readonly searchSeed: number;
  readonly count: number;
  /** smallest acceptance rate, in (0, 1] */
  readonly minAcceptance: number;
  /** undefined: each model's default representation */
  readonly sites: readonly string[] | undefined;
  readonly pool: Pool;
  /** how many implementations keep their Grams per site */
  readonly perSite: number;
  readonly signal: AbortSignal | undefined;
  readonly progress: (done: number) => void;
}

/** Share of the progress of one side that the search for the circuit is taken to be. */
const SEARCH_SHARE = 0.5;

/** Names the implementation in an error that only knows its site. */
async function named<T>(words: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof RepresentationError)) throw error;
    throw new RepresentationError({ what: error.what, where: `${words}${error.where ? `, ${error.where}` : ''}`, todo: error.todo, cause: error });
  }
}

/**
 * Fills one side.
 * @throws BehaviourError where the original is below the task's threshold
 * @throws ImplementationError where too few draws are accepted
 * @throws RepresentationError for NaN, infinite or constant activations
 */
export async function drawImplementations(set: ImplementationSet, options: DrawOptions): Promise<Draws> {
  const { task, examples, count, minAcceptance, pool, perSite, signal, progress } = options;
  const cleanOf = new Map<Model, { logits: readonly Float32Array[]; score: number }>();
  const clean = async (model: Model): Promise<{ logits: readonly Float32Array[]; score: number }> => {
    const known = cleanOf.get(model);
    if (known) return known;
    const { logits, score } = await runExamples(model, task, examples, { signal });
    cleanOf.set(model, { logits, score });
    return { logits, score };
  };
  const { score: behaviour } = await clean(set.original);
  requireBehaviour(task, set.original.name, behaviour);

  const open = await set.open({ task, examples, seed: options.seed, searchSeed: options.searchSeed, signal, progress: (done) => progress(done * SEARCH_SHARE) });
  const drawn: Drawn[] = [];
  let tried = 0;
  let features = 0;
  let sites: readonly string[] = [];
  const most = Math.ceil(count / minAcceptance);
  for (let index = 0; drawn.length < count && index < most; index++) {
    const implementation = await open.draw(index);
    if (!implementation) break;
    tried++;
    const { model, patch, words } = implementation;
    sites = options.sites ?? model.representationSites;
    checkSites(model, sites);
    const sited = sites.map((name) => model.sites.find((site) => site.name === name)!);
    const relative = task.behaviour.relative ? (await clean(model)).logits : undefined;
    const run = await runExamples(model, task, examples, { capture: sites, patch, clean: relative, signal });
    if (!task.meets(run.score)) continue;
    const { gram, siteGrams, width } = await named(words, async () => {
      const grams: Gram[] = [];
      let total = 0;
      for (const site of sited) {
        const rows = featuresOf(site, run.batches, pool);
        total += rows.shape[1];
        grams.push(gramOf(rows, { where: site.name, constant: 'zero' }));
      }
      return { gram: addGrams(grams), siteGrams: drawn.length < perSite ? grams : undefined, width: total };
    });
    features = width;
    drawn.push({ words, behaviour: run.score, gram, siteGrams });
    progress(SEARCH_SHARE + (1 - SEARCH_SHARE) * (drawn.length / count));
  }
  requireImplementations(set.words, tried, drawn.length, count, minAcceptance, task);
  return { open, behaviour, drawn, tried, sites, features };
}
