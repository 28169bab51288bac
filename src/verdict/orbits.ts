/** What averaging over a task's symmetries leaves of the models' representations, for the report, and no verdict where that is nothing. */
import { z } from 'zod';
import type { SampleSource } from '../implementations/samples.js';
import { measures } from '../measure/index.js';
import { likenessToNothing, type Averaging } from '../representation/orbit-average.js';
import { pair, type Plain } from '../schema.js';
import type { GramEvidence } from './judge-grams.js';
import { explained, namesOf } from './rule/explain.js';
import type { Finding } from './rule/findings.js';

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

export function orbitsEvidence(
  { orbits, measured }: Averaging,
  ...sides: [SampleSource, SampleSource]
): OrbitsEvidence {
  const kept = sides.map(({ kept: shares, sites }) => ({
    together: shares!.together,
    sites: sites.map((site, s) => ({ site, share: shares!.sites[s]! })),
  }));
  return {
    inputs: orbits.n,
    measured: measured?.length ?? orbits.n,
    orbits: orbits.inputs,
    pairs: orbits.pairs,
    kept: kept as [(typeof kept)[0], (typeof kept)[0]],
  };
}

/** As near to the Gram in which all inputs are equally far apart, nothing is left: what CKA calls copies. */
const NOTHING = Math.cos((measures.cka.resolution * Math.PI) / 2);

/**
 * Undecided where averaging leaves nothing of a side's model to compare: all models look alike then, also those that have nothing in common. Asking more of a verdict makes
 * neither error more frequent.
 */
export function unlessAveragedAway<J extends GramEvidence>(
  judged: J,
  averaging: Averaging | undefined,
  sides: readonly [SampleSource, SampleSource],
): J {
  if (!averaging) return judged;
  const findings = sides.flatMap(({ drawn, kept }, a): Finding[] =>
    likenessToNothing(drawn[0]!.gram) >= NOTHING
      ? [
          {
            code: 'averaged-away',
            side: a === 0 ? 'baseline' : 'candidate',
            numbers: { kept: kept!.together, pairs: averaging.orbits.pairs, inputs: averaging.orbits.n },
          },
        ]
      : [],
  );
  if (findings.length === 0) return judged;
  const decision = {
    outcome: 'undecided',
    failed: 'sufficiency not established',
    findings: [...findings, ...judged.judgement.findings],
  } as const;
  return {
    ...judged,
    outcome: 'undecided',
    judgement: explained({ ...judged.judgement, ...decision }, namesOf(judged.runs)),
  };
}
