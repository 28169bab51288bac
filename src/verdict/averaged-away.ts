/** No verdict where averaging over a task's symmetries leaves nothing to compare. */
import type { SampleSource } from '../implementations/samples.js';
import { measures } from '../measure/index.js';
import { likenessToNothing } from '../representation/orbit-average.js';
import type { GramEvidence } from './judge-grams.js';
import type { AveragedOver } from './orbits.js';
import { explained, namesOf } from './rule/explain.js';
import type { Finding } from './rule/findings.js';

/** As near to the Gram in which all inputs are equally far apart, nothing is left: what CKA calls copies. */
const NOTHING = Math.cos((measures.cka.resolution * Math.PI) / 2);

/**
 * Undecided where averaging leaves nothing of a side's model to compare: all models look alike then, also those that have nothing in common. Asking more of a verdict makes
 * neither error more frequent.
 */
export function unlessAveragedAway<J extends GramEvidence>(
  judged: J,
  averaging: AveragedOver | undefined,
  sides: readonly [SampleSource, SampleSource],
): J {
  if (!averaging) return judged;
  const findings = sides.flatMap(({ drawn, kept }, a): Finding[] =>
    likenessToNothing(drawn[0]!.gram) >= NOTHING
      ? [
          {
            code: 'averaged-away',
            side: a === 0 ? 'baseline' : 'candidate',
            numbers: { kept: kept!.together, pairs: averaging.pairs, inputs: averaging.inputs },
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
