/** What averaging over a task's symmetries leaves of the models' representations, for the report. */
import * as z from 'zod';
import type { SampleSource } from '../implementations/samples.js';
import type { Averaging } from '../representation/orbit-average.js';
import { pair, type Plain } from '../schema.js';

const share = z.number();

export const orbitsSchema = z.strictObject({
  inputs: z.int().describe('Inputs that representations are averaged over: whole orbits.'),
  measured: z.int().describe('Those of them that distances are taken over.'),
  orbits: z.int().describe('Orbits of these inputs.'),
  pairs: z
    .int()
    .describe(
      'Orbits of ordered pairs of these inputs: so many numbers are left of a Gram, which has `inputs` squared.',
    ),
  kept: pair(
    z.strictObject({
      together: share.describe('Of all sites together.'),
      sites: z.array(z.strictObject({ site: z.string(), share })),
    }),
  ).describe(
    "Of each model itself, the share of its Gram's squared distance from the Gram of inputs that are all equally far apart that the average keeps. 0: the symmetries average everything away.",
  ),
});

export type OrbitsEvidence = Plain<typeof orbitsSchema>;

/** Orbits of the inputs of a comparison, counted. */
export type AveragedOver = Omit<OrbitsEvidence, 'kept'>;

export const averagedOver = ({ orbits, measured }: Averaging): AveragedOver => ({
  inputs: orbits.n,
  measured: measured?.length ?? orbits.n,
  orbits: orbits.inputs,
  pairs: orbits.pairs,
});

export function orbitsEvidence(over: AveragedOver, ...sides: [SampleSource, SampleSource]): OrbitsEvidence {
  const kept = sides.map(({ kept: shares, sites }) => ({
    together: shares!.together,
    sites: sites.map((site, s) => ({ site, share: shares!.sites[s]! })),
  }));
  return { ...over, kept: kept as [(typeof kept)[0], (typeof kept)[0]] };
}
