/** The power of a comparison: planted changes of the released model, judged like a candidate. */
import { isCongruityError } from '../errors.js';
import { rankComponents, type Ranked } from '../circuit/rank.js';
import type { Model } from '../model/model.js';
import { random } from '../random.js';
import { checkSignal } from '../signal.js';
import { clopperPearson } from '../statistics/binomial.js';
import { runExamples } from '../task/run.js';
import type { AnyExamples, AnyTask } from '../task/task.js';
import { circuitOf, hasComponents, kinds, type Ground, type Kind } from './changes.js';
import type { PowerEvidence, PowerRow } from './evidence.js';
import { powerInWords } from './words.js';

export interface PowerQuestion {
  readonly model: Model;
  readonly task: AnyTask;
  readonly examples: AnyExamples;
  /** changes of each kind and dose */
  readonly changes: number;
  readonly draws: number;
  readonly inputs: number;
  readonly seed: number;
  /** components by what they matter, where that is known */
  readonly ranking?: readonly Ranked[] | undefined;
  /** the comparison of the released model with a changed one, at a smaller budget: what it comes to. May throw as `compare` does */
  readonly judge: (changed: Model, seed: number) => Promise<'equivalent' | 'different' | 'undecided'>;
  /** what changes came to, by `nameOf`: those that are known are not judged again, and each that is judged is put there */
  readonly known?: Map<string, PlantedOutcome> | undefined;
  /** told of each that was judged */
  readonly learnt?: (() => void) | undefined;
  /** changes, at most, that are judged now */
  readonly atOnce?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((done: number) => void) | undefined;
}

/** What a planted change can come to; `broken`: it breaks the behaviour. */
export const plantedOutcomes = ['broken', 'equivalent', 'different', 'undecided', 'not judged'] as const;
export type PlantedOutcome = (typeof plantedOutcomes)[number];

/** Each row's limits. */
const CONFIDENCE = 0.95;
/** Runs over the inputs for the circuit, and inputs to rank by, where no search came before. */
const SEARCH = { budget: 200, rankOn: 64 };

/**
 * Plants changes of every kind and dose that the model has, and counts those that are stopped. Changes of one kind and dose are drawn independently of each other, so that the limits hold for the
 * share of all such changes to this model. Kinds take turns, so that an interrupted run knows something of all of them.
 * @throws CancelledError, and what is wrong with the model or the task
 */
export async function statedPower(question: PowerQuestion): Promise<PowerEvidence> {
  const {
    model,
    task,
    examples,
    changes,
    draws,
    inputs,
    seed,
    judge,
    known = new Map(),
    learnt,
    atOnce,
    signal,
    progress,
  } = question;
  const ranking =
    question.ranking ??
    (hasComponents(model) ? (await rankComponents(model, task, examples, { ...SEARCH, seed, signal })).ranking : []);
  const ground: Ground = { model, circuit: circuitOf(ranking), inputs: task.encode(examples, model).inputs };
  const { logits: clean } = await runExamples(model, task, examples, { signal });
  const keeps = async (changed: Model): Promise<boolean> =>
    task.meets((await runExamples(changed, task, examples, { clean, signal })).score);
  const planned = kinds.flatMap((kind) => kind.doses(ground).map((dose) => ({ kind, dose })));
  const turns = Array.from({ length: changes }, (_, i) => planned.map((row) => ({ ...row, i }))).flat();
  const unknown = turns.filter((turn) => !known.has(nameOf(turn)));
  const now = unknown.slice(0, atOnce);
  for (const [at, turn] of now.entries()) {
    checkSignal(signal);
    const stream = random(seed, `planted ${nameOf(turn)}`);
    const changed = await turn.kind.plant(ground, turn.dose, stream, keeps);
    try {
      known.set(
        nameOf(turn),
        changed === undefined ? 'broken' : await judged(changed, stream.below(0x7fffffff), judge),
      );
    } finally {
      changed?.dispose();
    }
    learnt?.();
    progress?.((at + 1) / now.length);
  }
  const rows = planned.flatMap(({ kind, dose }): PowerRow[] => {
    const found = turns.flatMap((turn) =>
      turn.kind === kind && turn.dose === dose ? (known.get(nameOf(turn)) ?? []) : [],
    );
    if (found.length === 0) return [];
    const count = (...some: PlantedOutcome[]): number => found.filter((one) => some.includes(one)).length;
    const [planted, broken, stopped] = [found.length, count('broken'), found.length - count('broken', 'equivalent')];
    return [
      {
        kind: kind.name,
        dose,
        description: kind.unit(dose),
        planted,
        broken,
        stopped,
        different: count('different'),
        share: clopperPearson(stopped, planted - broken, CONFIDENCE),
      },
    ];
  });
  const left = unknown.length - now.length;
  // not before all are known: the first few may all break the behaviour
  const blind = left === 0 && isBlind(rows);
  return {
    rows,
    confidence: CONFIDENCE,
    draws,
    inputs,
    blind,
    reasons: powerInWords(rows, blind, left),
    judged: turns.length - left,
    planned: turns.length,
    cached: now.length === 0,
  };
}

const nameOf = ({ kind, dose, i }: { readonly kind: Kind; readonly dose: number; readonly i: number }): string =>
  `${kind.name} ${dose} ${i}`;

/** A row of which nothing keeps the behaviour says nothing, and neither does one without a change. */
export function isBlind(rows: readonly PowerRow[]): boolean {
  const told = rows.filter(({ kind, planted, broken }) => kind !== 'none' && planted > broken);
  return told.every(({ share }) => share.high < 1 / 2);
}

/** What could not be judged does not pass either. */
async function judged(changed: Model, seed: number, judge: PowerQuestion['judge']): Promise<PlantedOutcome> {
  try {
    return await judge(changed, seed);
  } catch (error) {
    if (!isCongruityError(error) || error.code === 'CANCELLED') throw error;
    return error.code === 'BELOW_THRESHOLD' ? 'broken' : 'not judged';
  }
}
