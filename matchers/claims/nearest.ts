/** The claim that a model is nearest to a program: to its generated implementations, and not to those of others. */
import type { ClaimEvidence } from '../../src/claims/claim.js';
import { concluded } from '../../src/claims/explain.js';
import type { ClaimFinding } from '../../src/claims/findings.js';
import type { NearestEvidence } from '../../src/claims/nearest.js';
import type { Model } from '../../src/model/model.js';
import type { Value } from '../../src/program/language/value.js';
import type { Program } from '../../src/program/program.js';
import { taskEvidence } from '../../src/task/evidence.js';
import type { Task } from '../../src/task/task.js';
import { Meter } from '../../search/budget.js';
import { nearestProgram, type NearestOptions } from '../../search/nearest.js';
import { about } from './about.js';

export interface NearestQuestion extends Omit<NearestOptions, 'on'> {
  readonly on: Task<readonly Value[]>;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly maxSeconds?: number | undefined;
  readonly maxPasses?: number | undefined;
}

const outcomes = { nearer: 'holds', farther: 'fails', open: 'undecided' } as const;

function findingsOf({ program, among, rivals, outcome, stopped }: NearestEvidence): [ClaimFinding, ...ClaimFinding[]] {
  const named = rivals.map((rival) => rival.program);
  const numbers = (one: {
    readonly tried: number;
    readonly share: { readonly low: number; readonly high: number };
  }) => ({
    pairs: one.tried,
    low: one.share.low,
    high: one.share.high,
  });
  const limit: ClaimFinding[] = stopped === undefined ? [] : [{ code: 'nearest-stopped', stopped, numbers: {} }];
  if (rivals.length === 0) {
    const code = ({ nearer: 'among-implementations', farther: 'outside-implementations', open: 'among-open' } as const)[
      outcome
    ];
    const found = { ...numbers(among), atLeast: among.atLeast };
    return [{ code, program, numbers: found }, { code: 'no-rivals', numbers: {} }, ...limit];
  }
  if (outcome === 'nearer')
    return [
      {
        code: 'nearer-than-rivals',
        program,
        rivals: named,
        numbers: { low: Math.min(...rivals.map(({ share }) => share.low)) },
      },
      { code: 'others-not-compared', numbers: {} },
    ];
  const farther = rivals.filter((one) => one.is === 'farther');
  if (outcome === 'farther') {
    const first = farther.find((one) => one.among.is === 'among')!;
    return [
      { code: 'nearer-to-rival', program, rival: first.program, numbers: numbers(first) },
      { code: 'not-refuted', program, numbers: {} },
    ];
  }
  const [first, ...others] = rivals.filter((one) => one.is === 'open');
  if (first !== undefined && farther.length === 0)
    return [
      {
        code: 'nearest-open',
        program,
        rival: first.program,
        others: others.map((one) => one.program),
        numbers: numbers(first),
      },
      ...limit,
    ];
  const nearest = farther[0] ?? { program, among };
  return [
    {
      code: 'unlike-implementations',
      program: nearest.program,
      numbers: { ...numbers(nearest.among), atLeast: nearest.among.atLeast },
    },
    ...limit,
  ];
}

export async function nearestClaim(
  model: Model,
  program: Program,
  { maxSeconds, maxPasses, ...options }: NearestQuestion,
): Promise<ClaimEvidence> {
  const end = about([model], options.seed);
  const budget = new Meter({ signal: options.signal, maxSeconds, maxPasses });
  let models = 0;
  const nearest = await nearestProgram(model, program, options, (so) => {
    budget.spend(so - models);
    models = so;
    return budget.exhausted();
  });
  const rivals = nearest.rivals.map((rival) => rival.program);
  return {
    ...concluded(outcomes[nearest.outcome], findingsOf(nearest)),
    claim:
      rivals.length === 0
        ? `inside, the model lies among generated implementations of ${program.name}`
        : `inside, the model is nearer to generated implementations of ${program.name} than to those of ${rivals.join(', ')}`,
    task: taskEvidence(options.on, nearest.inputs),
    nearest,
    ...end(),
  };
}
