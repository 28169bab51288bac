/** The claim that two models respond alike: whatever role is replaced in both, their answers stay together. */
import type * as fc from 'fast-check';
import { number } from '../../src/format.js';
import type { ClaimEvidence } from '../../src/claims/claim.js';
import { concluded } from '../../src/claims/explain.js';
import type { ResponseEvidence, RoleEvidence } from '../../src/response/evidence.js';
import type { CheckedRespondOptions } from '../../src/response/options.js';
import { responding, type Responding } from '../../src/response/responding.js';
import { ResponseTest } from '../../src/response/respond-alike.js';
import { rolesInOrder } from '../../src/response/words.js';
import { taskEvidence } from '../../src/task/evidence.js';
import { inputInWords } from '../../generators/_internals/printed.js';
import type { RoleTrial, RoleTrialDescription } from '../../generators/role-interventions.js';
import { searchResponses, type Parted } from '../../search/responses.js';
import type { TestPlace } from '../context.js';
import { Failures } from '../failures.js';
import { about } from './about.js';
import { findingsOf } from './response-findings.js';
import { searchEvidence } from './trial-evidence.js';

export interface ResponseQuestion extends CheckedRespondOptions {
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly check?: fc.Parameters<[RoleTrial<any>]> | undefined;
}

/** Answers farther apart than this are different ones: no more than half of the probability is where it was. */
const DIFFERENT = 1 / 2;

/** The simplest intervention on the deciding role after which the two answer differently. */
async function counterexampleOf(
  what: Responding,
  test: ResponseTest,
  found: ResponseEvidence,
  { on, answers, inputs, seed, signal, check, margin }: ResponseQuestion,
  remembered: readonly RoleTrialDescription[],
): Promise<(Parted<unknown> & { readonly apart: number }) | undefined> {
  const [worst] = rolesInOrder(found.roles) as [RoleEvidence];
  if (worst.is !== 'unlike') return undefined;
  const drawn = test.farthest(worst.role, worst.by);
  // the mean is beyond the margin, so that something drawn was
  const apart = drawn.discrepancy > DIFFERENT ? DIFFERENT : margin;
  const known = {
    role: worst.role,
    by: worst.by,
    input: inputInWords(drawn.input),
    source: inputInWords(drawn.source),
  };
  const role = what.roles.find(({ name }) => name === worst.role)!;
  const searched = await searchResponses(what.models, {
    on,
    role,
    by: worst.by,
    answers,
    apart,
    known,
    inputs,
    seed,
    check,
    remembered: remembered.filter((one) => one?.role === worst.role),
    signal,
  });
  return { ...searched, apart };
}

/** Without what rounding leaves of nothing. */
const short = (x: number): string => number(Number(x.toFixed(4)));

const measuredOf = (
  { parted, apart }: Parted<unknown> & { readonly apart: number },
  names: readonly [string, string],
): string[] => {
  const { discrepancy, effects, answers } = parted!.response;
  return [
    `answers ${short(discrepancy)} apart, more than ${number(apart)}: ${names[1]} token ${answers[1]}, ${names[0]} token ${answers[0]}`,
    `moved by ${short(effects[1])} in ${names[1]}, by ${short(effects[0])} in ${names[0]}`,
  ];
};

/** @param candidate what the claim is about */
export async function responseClaim(
  candidate: unknown,
  baseline: unknown,
  options: ResponseQuestion,
  place: TestPlace,
): Promise<ClaimEvidence> {
  const what = responding(baseline, candidate, options);
  const { on, seed, margin } = options;
  const [own, other] = what.models;
  const end = about([other, own], seed);
  const failures = new Failures(place, `${other.name} responds like ${own.name}: ${on.name}`);
  const test = new ResponseTest(what, options);
  await test.requireBehaviour();
  const found = await test.run();
  const remembered = failures.entries().map(({ value }) => value as RoleTrialDescription);
  const searched =
    found.outcome === 'unlike' ? await counterexampleOf(what, test, found, options, remembered) : undefined;
  const trial = searched?.parted?.trial;
  if (trial) {
    const { details } = searched.search;
    failures.settle({
      description: trial.description,
      seed: details.seed,
      path: searched.again ? undefined : (details.counterexamplePath ?? undefined),
      value: trial.toJSON(),
    });
  } else if (found.outcome === 'alike') failures.settle(undefined);
  const outcome = ({ alike: 'holds', unlike: 'fails', undecided: 'undecided' } as const)[found.outcome];
  return {
    ...concluded(outcome, findingsOf(found)),
    claim: `whatever role is replaced in both, their answers are at most ${number(margin)} apart on average`,
    task: taskEvidence(on, test.inputs, [...(what.examples.notes ?? []), ...test.notes]),
    response: found,
    ...(trial && {
      counterexample: {
        description: trial.description,
        by: trial.by,
        input: trial.toJSON().input,
        ...(trial.toJSON().source !== undefined && { source: trial.toJSON().source }),
        measured: measuredOf(searched!, [own.name, other.name]),
      },
    }),
    ...(searched && { search: searchEvidence(searched.search, searched.again) }),
    ...end(),
  };
}
