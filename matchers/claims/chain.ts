/** The claim that a model implements a program: along a chain of components, each axiom holds on as many inputs as asked for. */
import * as fc from 'fast-check';
import type { ChainEvidence, ClaimEvidence } from '../../src/claims/claim.js';
import { concluded } from '../../src/claims/explain.js';
import type { ClaimFinding } from '../../src/claims/findings.js';
import type { Model } from '../../src/model/model.js';
import { axioms, OUTPUT, type Axiom, type ChainStep, type ChainTrial } from '../../src/program/chain/chain.js';
import { chainTrials, checkSteps, type ChainCheck } from '../../src/program/chain/check-chain.js';
import type { Value } from '../../src/program/language/value.js';
import type { Program } from '../../src/program/program.js';
import { clock } from '../../src/signal.js';
import { binomialSequence, sideOf } from '../../src/statistics/binomial-sequence.js';
import { taskEvidence } from '../../src/task/evidence.js';
import type { Task } from '../../src/task/task.js';
import { encodeOne } from '../../generators/_internals/pool.js';
import { inputInWords } from '../../generators/_internals/printed.js';
import { inputs as inputsOf } from '../../generators/inputs.js';
import { checkBatched } from '../../search/check.js';
import { about } from './about.js';

type Input = readonly Value[];
/** With this chance a rate is said to be on the wrong side: that any is said to be too low, and that one is said to be high enough. */
const LEVEL = 0.05;

export interface ChainClaimOptions {
  readonly on: Task<Input>;
  readonly chain: readonly ChainStep[];
  readonly position: number;
  readonly atLeast: number;
  readonly runs: number;
  readonly batch: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly maxSeconds?: number | undefined;
  readonly maxPasses?: number | undefined;
}

interface Count {
  readonly step: string;
  readonly axiom: Axiom;
  violated: number;
  first?: Violation | undefined;
}

interface Violation {
  readonly input: Input;
  readonly trial: ChainTrial;
}

interface Smallest extends Violation {
  readonly shrinks: number;
}

/** Those at which a violation says most about where it comes from first. */
const TELLING: readonly Axiom[] = [axioms[1], axioms[3], axioms[0], axioms[2]];

export async function chainClaim(model: Model, program: Program, options: ChainClaimOptions): Promise<ClaimEvidence> {
  const { on, chain, position, atLeast, runs, batch, seed, signal, maxSeconds, maxPasses } = options;
  checkSteps({ chain, program, model });
  const end = about([model], seed);
  const started = clock();
  const all = on.size !== undefined && on.size <= runs;
  const arbitrary = inputsOf(on, { model });
  const list: readonly Input[] = all
    ? on.examples(on.size, seed).inputs
    : // independent draws, so that limits hold
      fc.sample(arbitrary, { numRuns: runs, seed, unbiased: true }).map(({ input }) => input);
  let passes = 0;
  const at = on.behaviour.position;
  const check: ChainCheck = {
    model,
    program,
    chain,
    position,
    logitsAt: (input) => (typeof at === 'function' ? at(input, model.tokenizer) : at),
    encode: (input) => encodeOne(on, input, model),
    signal,
    spend: (count) => (passes += count),
  };

  const counts = new Map<string, Count>();
  const rows = chain.map(({ name, concretization }) => ({ name, axioms: axioms.slice(0, concretization ? 4 : 2) }));
  for (const { name, axioms: own } of [...rows, { name: OUTPUT, axioms: axioms.slice(0, 2) }])
    for (const axiom of own) counts.set(`${axiom} ${name}`, { step: name, axiom, violated: 0 });
  let tried = 0;
  const isOf = ({ violated }: Count): ChainEvidence['rows'][number]['is'] => {
    if (all && tried === list.length) return tried - violated >= atLeast * tried ? 'holds' : 'fails';
    if (atLeast === 1) return violated > 0 ? 'fails' : 'open';
    // any of them being said to fail in error, and each being said to hold
    if (sideOf(tried - violated, tried, atLeast, LEVEL / counts.size) === 'below') return 'fails';
    return sideOf(tried - violated, tried, atLeast, LEVEL) === 'above' ? 'holds' : 'open';
  };
  let stopped: string | undefined;
  while (tried < list.length && stopped === undefined) {
    const some = list.slice(tried, tried + batch);
    const trials = await chainTrials(check, some);
    trials.forEach((own, i) => {
      for (const trial of own) {
        const count = counts.get(`${trial.axiom} ${trial.step}`)!;
        if (trial.holds) continue;
        count.violated++;
        count.first ??= { input: some[i]!, trial };
      }
    });
    tried += some.length;
    if (!all && [...counts.values()].every((count) => isOf(count) !== 'open')) break;
    if (maxPasses !== undefined && passes >= maxPasses)
      stopped = `the limit of ${maxPasses} forward passes was reached`;
    else if (maxSeconds !== undefined && (clock() - started) / 1000 >= maxSeconds)
      stopped = `the limit of ${maxSeconds} seconds was reached`;
  }
  // what was reached with the last input has stopped nothing
  if (tried === list.length) stopped = undefined;

  const judged = [...counts.values()].map((count) => ({ ...count, is: isOf(count) }));
  const broken = judged.filter(({ is }) => is === 'fails');
  const open = judged.filter(({ is }) => is === 'open');
  const stepOf = (name: string): number =>
    name === OUTPUT ? chain.length : chain.findIndex((step) => step.name === name);
  const [worst] = broken.toSorted(
    (a, b) => stepOf(a.step) - stepOf(b.step) || TELLING.indexOf(a.axiom) - TELLING.indexOf(b.axiom),
  );
  const violation = worst && (await smallest(worst));

  /** An input of a list is the first on which it fails; one that was drawn is made smaller. */
  async function smallest({ step, axiom, first }: Count): Promise<Smallest | undefined> {
    if (all || first === undefined) return first && { ...first, shrinks: 0 };
    const trialOf = (own: readonly ChainTrial[]): ChainTrial =>
      own.find((trial) => trial.step === step && trial.axiom === axiom)!;
    const found = await checkBatched(
      arbitrary,
      async (values) =>
        (
          await chainTrials(
            check,
            values.map(({ input }) => input),
          )
        ).map((own) => trialOf(own).holds),
      { seed, numRuns: 1, examples: [[{ input: first.input, encoded: check.encode(first.input) }]] },
      { batch, signal },
    );
    const input = found.details.counterexample?.[0].input ?? first.input;
    return { input, trial: trialOf((await chainTrials(check, [input]))[0]!), shrinks: found.details.numShrinks };
  }

  const limits = ({ violated }: Count, level: number) =>
    all && tried === list.length
      ? { estimate: 1 - violated / tried, low: 1 - violated / tried, high: 1 - violated / tried }
      : binomialSequence(tried - violated, tried, level);
  const onlyRead = chain.filter(({ concretization }) => !concretization).map(({ name }) => name);
  const also: ClaimFinding[] = onlyRead.length > 0 ? [{ code: 'not-replaced', steps: onlyRead, numbers: {} }] : [];
  const others = [...new Set(broken.map(({ step }) => step))].filter((step) => step !== worst!.step);
  const concluding = worst
    ? concluded('fails', [
        {
          code: 'chain-broken',
          step: worst.step,
          axiom: worst.axiom,
          numbers: { rate: 1 - worst.violated / tried, atLeast },
        },
        ...(others.length > 0 ? [{ code: 'broken-as-well', steps: others, numbers: {} } as const] : []),
        ...also,
      ])
    : open.length === 0
      ? concluded('holds', [
          { code: 'chain-holds', all, numbers: { steps: chain.length, inputs: tried, atLeast } },
          ...also,
        ])
      : stopped !== undefined
        ? concluded('undecided', [
            { code: 'search-stopped', what: 'input', stopped, numbers: { tried, of: list.length } },
            ...also,
          ])
        : concluded('undecided', [openFinding(open), ...also]);
  function openFinding(some: readonly Count[]): ClaimFinding {
    const { low, high } = limits(some[0]!, LEVEL);
    const steps = some.map(({ axiom, step }) => `${axiom} at ${step}`);
    return { code: 'chain-open', steps, numbers: { low, high, atLeast, inputs: tried } };
  }
  return {
    ...concluding,
    claim: `${program.name}, step by step: each axiom on ${atLeast === 1 ? 'every input' : `at least ${atLeast} of inputs`}`,
    task: taskEvidence(on, tried),
    ...(violation && {
      counterexample: {
        description: `${worst.step}, on ${inputInWords(violation.input)}`,
        input: inputInWords(violation.input),
        measured: [violation.trial.measured],
      },
    }),
    chain: {
      atLeast,
      exact: all && tried === list.length,
      inputs: tried,
      rows: judged.map((count) => {
        const { step, axiom, violated, is } = count;
        const site = chain.find(({ name }) => name === step)?.site;
        return { step, ...(site !== undefined && { site }), axiom, violated, rate: limits(count, LEVEL), is };
      }),
    },
    search: {
      runs: tried,
      shrinks: violation?.shrinks ?? 0,
      evaluated: tried,
      passes,
      ...(stopped !== undefined && { stopped }),
    },
    ...end(),
  };
}
