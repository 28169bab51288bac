/** When the running test would be certain, as far as the draws so far tell. */
import type { GramEvidence } from './judge-grams.js';
import { explained, namesOf } from './rule/explain.js';
import type { Judgement } from './rule/judgement.js';
import type { SequentialEvidence } from './sequential/evidence.js';

/** An undecided judgement with how many more draws would make the running test certain. */
export function withForecast(
  { judgement, measure, runs }: Pick<GramEvidence, 'judgement' | 'measure' | 'runs'>,
  { running }: Pick<SequentialEvidence, 'running'>,
): Judgement {
  const draws = running.find(({ measure: by }) => by === measure)?.trajectory.needs;
  if (judgement.outcome !== 'undecided' || draws === undefined) return judgement;
  const findings = [...judgement.findings, { code: 'running-test-open', numbers: { draws } } as const];
  return explained({ ...judgement, findings }, namesOf(runs));
}
