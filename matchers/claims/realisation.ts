/** The claim that a model realises a program: whatever variables are taken from other inputs, it answers as the program does. */
import type * as fc from 'fast-check';
import { number } from '../../src/format.js';
import type { ClaimEvidence, Counterexample } from '../../src/claims/claim.js';
import { concluded } from '../../src/claims/explain.js';
import { InterchangeRunner } from '../../src/program/interchange/runner.js';
import type { Placed } from '../../src/program/interchange/placed.js';
import { placesOf } from '../../src/program/interchange/places.js';
import { valueInWords, type Value } from '../../src/program/language/value.js';
import { foundEvidence } from '../../src/realisation/find/evidence.js';
import { searchBoth } from '../../src/realisation/find/find.js';
import { random } from '../../src/random.js';
import type { CheckedRealizeOptions } from '../../src/realisation/options.js';
import { requireTask, subjectOf, type Subject } from '../../src/realisation/subject.js';
import { RealisationTest, type Disagreement } from '../../src/realisation/test.js';
import { taskEvidence } from '../../src/task/evidence.js';
import { inputInWords } from '../../generators/_internals/printed.js';
import type { InterchangeDescription, InterchangeTrial } from '../../generators/interchanges.js';
import { searchInterchanges, type Disagreeing } from '../../search/interchanges.js';
import type { TestPlace } from '../context.js';
import { Failures } from '../failures.js';
import { about } from './about.js';
import { findingsOf, searchFindingsOf } from './realisation-findings.js';
import { searchEvidence } from './trial-evidence.js';

export interface RealisationQuestion extends CheckedRealizeOptions {
  readonly check?: fc.Parameters<[InterchangeTrial]> | undefined;
}

const answersInWords = (answers: readonly (Value | undefined)[]): string =>
  answers.length === 1 ? one(answers[0]) : `[${answers.map(one).join(', ')}]`;
const one = (value: Value | undefined): string => (value === undefined ? 'no output' : valueInWords(value));

/** What the two say, and what they say without the interchange. */
async function counterexampleOf(
  { model, program }: Subject,
  test: RealisationTest,
  { trial, found }: Disagreeing,
): Promise<Counterexample> {
  const { base, sources, description } = trial!;
  const [untouched] = await test.runner.run([{ base, sources: {} }]);
  const texts = [...new Set(Object.values(sources).map(inputInWords))];
  return {
    description,
    components: Object.keys(sources),
    input: inputInWords(base),
    ...(texts.length === 1 && { source: texts[0]! }),
    measured: [
      `${program.name} with ${Object.keys(sources).join(', ')} set: ${answersInWords(found!.expected)}; ${model.name}: ${answersInWords(found!.answers)}`,
      `without: ${answersInWords(untouched!.expected)}; ${answersInWords(untouched!.answers)}`,
    ],
  };
}

/** Where nothing failed, or the alignment is not the one that failed before, there is nothing to remember. */
async function shrunk(
  subject: Subject,
  placed: readonly Placed[],
  test: RealisationTest,
  worst: Disagreement,
  { seed, check, signal }: RealisationQuestion,
  remembered: readonly InterchangeDescription[],
): Promise<Disagreeing> {
  const { program, pool } = subject;
  return searchInterchanges(
    test.runner,
    { program, pool, variables: placed.map(({ name }) => name), apart: test.apart },
    { known: worst.interchange, seed, check, remembered, signal },
  );
}

/** @param received what is between the parentheses of `expect`; @param argument the program */
export async function realisationClaim(
  received: unknown,
  argument: unknown,
  options: RealisationQuestion,
  place: TestPlace,
): Promise<ClaimEvidence> {
  const subject = subjectOf(received, argument, options, place.matcher);
  const { model, program, task, pool, position } = subject;
  const { seed, threshold } = options;
  const end = about([model], seed);
  const failures = new Failures(place, `${model.name} realises ${program.name}`);
  const given = options.alignment && placesOf(model, program, options.alignment);
  const runner = new InterchangeRunner<Value, Value>(model, program, given ?? [], position, options.signal);
  const inputs = await requireTask(subject, runner, options);
  const halves = given ? undefined : pool.halves(random(seed, 'halves'));
  const searchedFor =
    halves &&
    (await searchBoth(model, program, halves, undefined, {
      ...options.search,
      position,
      seed,
      signal: options.signal,
    }));
  const placed = given ?? placesOf(model, program, searchedFor!.alignment);
  const judged = halves?.[1] ?? pool;
  const test = new RealisationTest(model, program, placed, judged, position, options);
  const found = {
    ...(await test.run()),
    ...(searchedFor && {
      found: foundEvidence(searchedFor, halves!.map(({ all }) => all.length) as [number, number], threshold),
    }),
  };
  const inconclusive = searchFindingsOf(found);
  const searched =
    found.outcome === 'not realised' && given
      ? await shrunk(
          subject,
          placed,
          test,
          test.worst!,
          options,
          failures.entries().map(({ value }) => value as InterchangeDescription),
        )
      : undefined;
  if (searched?.trial) {
    const { details } = searched.search;
    failures.settle({
      description: searched.trial.description,
      seed: details.seed,
      path: searched.again ? undefined : (details.counterexamplePath ?? undefined),
      value: searched.trial.toJSON(),
    });
  } else if (found.outcome === 'realised' && given) failures.settle(undefined);
  const outcome = inconclusive
    ? 'undecided'
    : ({ realised: 'holds', 'not realised': 'fails', undecided: 'undecided' } as const)[found.outcome];
  return {
    ...concluded(outcome, inconclusive ?? findingsOf(found)),
    claim: `whatever variables of ${program.name} are taken from other inputs, the model answers as the program with them set, at a rate of disagreement of at most ${number(threshold)}`,
    task: taskEvidence(task, inputs),
    realisation: found,
    ...(searched?.trial && { counterexample: await counterexampleOf(subject, test, searched) }),
    ...(searched && { search: searchEvidence(searched.search, searched.again) }),
    ...end(),
  };
}
