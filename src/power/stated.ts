/** The power of a comparison: planted changes of the released model, judged like a candidate. */
import { isCongruityError } from '../errors.js';
import { components, type Component } from '../circuit/component.js';
import { rankComponents, type Ranked } from '../circuit/rank.js';
import type { Model } from '../model/model.js';
import { random } from '../random.js';
import { checkSignal } from '../signal.js';
import { clopperPearson } from '../statistics/binomial.js';
import { runExamples } from '../task/run.js';
import type { AnyExamples, AnyTask } from '../task/task.js';
import { circuitOf, hasComponents, kinds, type Ground, type Kind } from './changes.js';
import { nothingKnown, type KnownChanges } from './cache.js';
import type { PlantedOutcome, PowerEvidence, PowerRow } from './evidence.js';
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
  /** changes that are known, by `nameOf`, are not judged again, and each that is judged is put there and kept */
  readonly known?: KnownChanges | undefined;
  /** changes, at most, that are judged now */
  readonly atOnce?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((done: number) => void) | undefined;
}

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
    known = nothingKnown(),
    atOnce,
    signal,
    progress,
  } = question;
  const circuit = await circuitFor(question);
  known.circuit ??= circuit.map(({ name }) => name);
  const ground: Ground = { model, circuit, inputs: task.encode(examples, model).inputs };
  const planned = kinds.flatMap((kind) => kind.doses(ground).map((dose) => ({ kind, dose })));
  const turns = Array.from({ length: changes }, (_, i) => planned.map((row) => ({ ...row, i }))).flat();
  const unknown = turns.filter((turn) => !known.of.has(nameOf(turn)));
  const now = unknown.slice(0, atOnce);
  // what is known needs no pass of the model
  const { logits: clean } = now.length > 0 ? await runExamples(model, task, examples, { signal }) : { logits: [] };
  const keeps = async (changed: Model): Promise<boolean> =>
    task.meets((await runExamples(changed, task, examples, { clean, signal })).score);
  for (const [at, turn] of now.entries()) {
    checkSignal(signal);
    const stream = random(seed, `planted ${nameOf(turn)}`);
    const changed = await turn.kind.plant(ground, turn.dose, stream, keeps);
    try {
      known.of.set(
        nameOf(turn),
        changed === undefined ? 'broken' : await judged(changed, stream.below(0x7fffffff), judge),
      );
    } finally {
      changed?.dispose();
    }
    known.keep();
    progress?.((at + 1) / now.length);
  }
  const rows = planned.flatMap(({ kind, dose }): PowerRow[] => {
    const found = turns.flatMap((turn) =>
      turn.kind === kind && turn.dose === dose ? (known.of.get(nameOf(turn)) ?? []) : [],
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

/** The components that changes are made in: those of earlier runs, or else those that matter most. */
async function circuitFor(question: PowerQuestion): Promise<readonly Component[]> {
  const { model, task, examples, seed, known, signal } = question;
  if (!hasComponents(model)) return [];
  const byName = new Map(components(model).map((component) => [component.name, component]));
  if (known?.circuit?.every((name) => byName.has(name))) return known.circuit.map((name) => byName.get(name)!);
  const ranking =
    question.ranking ?? (await rankComponents(model, task, examples, { ...SEARCH, seed, signal })).ranking;
  return circuitOf(ranking);
}

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
