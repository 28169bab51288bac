/** Where a training stands, in a file: it goes on from there bit for bit as if it had not been interrupted. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { FileError } from '../errors.js';
import { digestOfTensors } from '../io/safetensors-digest.js';
import { readSafetensors, type StoredTensor } from '../io/safetensors.js';
import { writeSafetensors } from '../io/safetensors-write.js';
import type { Weights } from '../model/formats/transformer/file/weights.js';
import type { SelectorOp } from '../program/language/op.js';
import type { Value } from '../program/language/value.js';
import type { Program } from '../program/program.js';
import type { Moments } from './adam.js';
import type { Exchanged } from './batches.js';
import type { HistoryEntry } from './history.js';

const FORMAT = 'congruity training 4';

/** What all of a training follows from, in texts that say what is another where two are not alike. */
export type Origin = Readonly<
  Record<'program' | 'architecture' | 'alignment' | 'inputs' | 'options' | 'seed' | 'backend', string>
>;

/** Where a training stands after some steps. */
export interface TrainingState {
  step: number;
  /** that are trained */
  readonly weights: Weights;
  /** of the last steps: the model's */
  readonly average: Weights;
  readonly moments: Moments;
  /** how often each kind of row was wrong lately: what batches are drawn by */
  wrong: Readonly<Record<Exchanged, number[]>>;
  readonly history: HistoryEntry[];
}

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
export const hashOf = (value: unknown): string => hash(JSON.stringify(value) ?? '');

/** Equal for programs that compute the same in the same way: functions by what they give. */
export function programKey<T extends Value, O extends Value>(program: Program<T, O>): string {
  const selector = (one: SelectorOp): unknown =>
    one.kind === 'all' ? 'all' : one.kind === 'select' ? [...one.matrix] : [one.kind, ...one.of.map(selector)];
  const ops = program.ops.map(({ kind, values, table, otherwise, selector: own }) => [
    kind,
    values,
    table && [...table],
    otherwise,
    own && selector(own),
  ]);
  return hashOf([String(program), program.vocabulary, program.maxLength, program.causal, ops]);
}

const isShares = (given: unknown, length: number): given is number[] =>
  Array.isArray(given) && given.length === length && given.every((share) => share >= 0 && share <= 1);

/** @throws FileError where it cannot be written */
export async function writeCheckpoint(path: string, origin: Origin, state: TrainingState): Promise<void> {
  const { weights, average, moments, step, history, wrong } = state;
  const tensors = new Map<string, StoredTensor>();
  for (const [name, { shape, data }] of weights) {
    tensors.set(`weights/${name}`, { shape, data });
    tensors.set(`average/${name}`, { shape, data: average.get(name)!.data });
    tensors.set(`first/${name}`, { shape, data: moments.first.get(name)! });
    tensors.set(`second/${name}`, { shape, data: moments.second.get(name)! });
  }
  const said = {
    format: FORMAT,
    step: String(step),
    origin: JSON.stringify(origin),
    history: JSON.stringify(history),
    wrong: JSON.stringify(wrong),
  };
  await writeSafetensors(path, tensors, { ...said, digest: digestOfCheckpoint(said, tensors) });
}

/** Over all that a checkpoint holds: a training must not go on from other weights than those it had. */
export const digestOfCheckpoint = (
  { format, step, origin, history, wrong }: Readonly<Record<string, string>>,
  tensors: ReadonlyMap<string, StoredTensor>,
): string => digestOfTensors([format!, step!, origin!, history!, wrong!], tensors);

/**
 * @param state at the beginning: what it holds is replaced
 * @returns false where there is no such file
 * @throws FileError where it is damaged, no checkpoint, or one of another training
 */
export async function readCheckpoint(path: string, origin: Origin, state: TrainingState): Promise<boolean> {
  if (!existsSync(path)) return false;
  const fail = (what: string, hint = 'remove it, or train into another folder', cause?: unknown): never => {
    throw new FileError({ what, where: path, hint, cause });
  };
  const { tensors, metadata } = await readSafetensors(path).catch((cause: unknown) =>
    fail(`the checkpoint is damaged: ${cause instanceof FileError ? cause.what : String(cause)}`, undefined, cause),
  );
  if (metadata['format'] !== FORMAT) fail('it is no checkpoint of a training, or one of another version');
  if (metadata['digest'] !== digestOfCheckpoint(metadata, tensors))
    fail('the checkpoint is damaged: it is not what was written');
  let known: Partial<Origin>;
  let history: HistoryEntry[];
  let wrong: Record<Exchanged, unknown>;
  try {
    known = JSON.parse(metadata['origin'] ?? '') as Partial<Origin>;
    history = JSON.parse(metadata['history'] ?? '') as HistoryEntry[];
    wrong = JSON.parse(metadata['wrong'] ?? '') as Record<Exchanged, unknown>;
  } catch (cause) {
    throw new FileError({ what: 'the checkpoint is damaged', where: path, hint: 'remove it', cause });
  }
  const other = (Object.keys(origin) as (keyof Origin)[]).find((key) => known?.[key] !== origin[key]);
  if (other !== undefined)
    fail(
      `the checkpoint is of a training with another ${other === 'options' ? 'setting among the options' : other === 'inputs' ? 'list of inputs' : other}`,
      'go on as it was begun, or remove it and begin anew',
    );
  const step = Number(metadata['step']);
  if (!Number.isSafeInteger(step) || step < 0 || !Array.isArray(history)) fail('the checkpoint is damaged');
  const fill = (name: string, into: Float32Array): void => {
    const data = tensors.get(name)?.data;
    if (data?.length !== into.length || data.some((value) => !Number.isFinite(value)))
      fail(`the checkpoint is damaged: ${name} is missing, of another size or not finite`);
    into.set(data!);
  };
  for (const [name, { data }] of state.weights) {
    fill(`weights/${name}`, data);
    fill(`average/${name}`, state.average.get(name)!.data);
    fill(`first/${name}`, state.moments.first.get(name)!);
    fill(`second/${name}`, state.moments.second.get(name)!);
  }
  for (const [which, own] of Object.entries(state.wrong) as [Exchanged, number[]][]) {
    const shares = wrong?.[which];
    if (!isShares(shares, own.length)) return fail('the checkpoint is damaged: what was wrong lately is missing');
    own.splice(0, Infinity, ...shares);
  }
  state.step = step;
  state.history.splice(0, Infinity, ...history);
  return true;
}
