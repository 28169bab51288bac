/** The power of a comparison: planted changes of the released model, judged like a candidate. */
import { isCongruityError } from '../errors.js';
import { rankComponents, type Ranked } from '../circuit/rank.js';
import type { Model } from '../model/model.js';
import { random } from '../random.js';
import { checkSignal } from '../signal.js';
import { clopperPearson } from '../statistics/binomial.js';
import { runExamples } from '../task/run.js';
import type { AnyExamples, AnyTask } from '../task/task.js';
import { circuitOf, hasComponents, kinds, type Ground } from './changes.js';
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
  readonly judge: (changed: Model, seed: number) => Promise<string>;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((done: number) => void) | undefined;
}

/** Each row's limits. */
const CONFIDENCE = 0.95;
/** Runs over the inputs for the circuit, and inputs to rank by, where no search came before. */
const SEARCH = { budget: 200, rankOn: 64 };

/**
 * Plants changes of every kind and dose that the model has, and counts those that are stopped. Changes of one kind and dose are drawn independently of each other, so that the limits hold for the
 * share of all such changes to this model.
 * @throws CancelledError, and what is wrong with the model or the task
 */
export async function statedPower(question: PowerQuestion): Promise<Omit<PowerEvidence, 'cached'>> {
  const { model, task, examples, changes, draws, inputs, seed, judge, signal, progress } = question;
  const ranking =
    question.ranking ??
    (hasComponents(model) ? (await rankComponents(model, task, examples, { ...SEARCH, seed, signal })).ranking : []);
  const ground: Ground = { model, circuit: circuitOf(ranking), inputs: task.encode(examples, model).inputs };
  const { logits: clean } = await runExamples(model, task, examples, { signal });
  const keeps = async (changed: Model): Promise<boolean> =>
    task.meets((await runExamples(changed, task, examples, { clean, signal })).score);
  const planned = kinds.flatMap((kind) => kind.doses(ground).map((dose) => ({ kind, dose })));
  const rows: PowerRow[] = [];
  for (const [at, { kind, dose }] of planned.entries()) {
    const count = { broken: 0, stopped: 0, different: 0 };
    for (let i = 0; i < changes; i++) {
      checkSignal(signal);
      const stream = random(seed, `planted ${kind.name} ${dose} ${i}`);
      const changed = await kind.plant(ground, dose, stream, keeps);
      if (changed === undefined) count.broken++;
      else
        try {
          const outcome = await judged(changed, stream.below(0x7fffffff), judge);
          if (outcome === 'broken') count.broken++;
          else if (outcome !== 'equivalent') count.stopped++;
          if (outcome === 'different') count.different++;
        } finally {
          changed.dispose();
        }
      progress?.((at + (i + 1) / changes) / planned.length);
    }
    rows.push({
      kind: kind.name,
      dose,
      description: kind.unit(dose),
      planted: changes,
      ...count,
      share: clopperPearson(count.stopped, changes - count.broken, CONFIDENCE),
    });
  }
  const blind = isBlind(rows);
  return { rows, confidence: CONFIDENCE, draws, inputs, blind, reasons: powerInWords(rows, blind) };
}

/** A row of which nothing keeps the behaviour says nothing, and neither does one without a change. */
export function isBlind(rows: readonly PowerRow[]): boolean {
  const told = rows.filter(({ kind, planted, broken }) => kind !== 'none' && planted > broken);
  return told.every(({ share }) => share.high < 1 / 2);
}

/** What could not be judged does not pass either. */
async function judged(changed: Model, seed: number, judge: PowerQuestion['judge']): Promise<string> {
  try {
    return await judge(changed, seed);
  } catch (error) {
    if (!isCongruityError(error) || error.code === 'CANCELLED') throw error;
    return error.code === 'BELOW_THRESHOLD' ? 'broken' : 'not judged';
  }
}
