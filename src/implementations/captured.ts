/** What is kept of a run of an implementation: its activations, pooled. */
import { RepresentationError } from '../errors.js';
import type { Model, Site } from '../model/model.js';
import { checkSites, featuresOf, type Features, type Pool } from '../representation/capture.js';
import type { ExampleRun } from '../task/run.js';

/** One implementation's pooled activations: a matrix for each site. */
export interface Captured {
  readonly model: Model;
  readonly behaviour: number;
  readonly sites: readonly Site[];
  readonly features: readonly Features[];
}

/** Which sites are captured, and what is kept of a run. */
export interface Capturing {
  /** The sites of a model that are to be captured. @throws RepresentationError for one that it does not have */
  sitesOf(model: Model): readonly string[];
  /** What is kept of a run, whose activations are of no more use. @throws RepresentationError */
  captured(description: string, model: Model, run: ExampleRun): Promise<Captured>;
}

/** Names the implementation in an error that only knows its site. */
export async function named<T>(description: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof RepresentationError)) throw error;
    throw new RepresentationError({
      what: error.what,
      where: `${description}${error.where ? `, ${error.where}` : ''}`,
      hint: error.hint,
      cause: error,
    });
  }
}

/** @param asked sites, or undefined: each model's default representation; and how positions are pooled */
export function capturing(asked: { readonly sites: readonly string[] | undefined; readonly pool: Pool }): Capturing {
  const sitesOf = (model: Model): readonly string[] => {
    const sites = asked.sites ?? model.representationSites;
    checkSites(model, sites);
    return sites;
  };
  return {
    sitesOf,
    captured: (description, model, run) =>
      named(description, async () => {
        const sites = sitesOf(model).map((name) => model.sites.find((site) => site.name === name)!);
        const features = sites.map((site) => featuresOf(site, run.batches, asked.pool));
        return { model, behaviour: run.score, sites, features };
      }),
  };
}
