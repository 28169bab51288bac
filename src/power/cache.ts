/** What was found of a model's comparison before: nothing of the released model changes between two candidates. */
import { hash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { exactKey } from '../exact-key.js';
import { readLimited } from '../io/files.js';
import { replaceFile } from '../io/whole-file.js';
import type { Model } from '../model/model.js';
import { runExamples } from '../task/run.js';
import type { AnyExamples, AnyTask } from '../task/task.js';
import { version } from '../version.js';
import { powerSchema, type PowerEvidence } from './evidence.js';

/** Of a file of ours: it has a line for each kind and dose. */
const MOST_BYTES = 2 ** 20;

/**
 * All that the power of a comparison follows from. Of a task, whose functions cannot be read: its name and threshold, the inputs as the model takes them, and what it makes of the model's answers,
 * each held against its own input and against the next.
 */
export async function keyOf(
  model: Model,
  task: AnyTask,
  examples: AnyExamples,
  options: object,
  signal?: AbortSignal,
): Promise<string> {
  const { logits } = await runExamples(model, task, examples, { signal });
  const { inputs } = task.encode(examples, model);
  const { behaviour } = task;
  const scores = examples.inputs.map((input: unknown, i: number) => {
    const next = logits[(i + 1) % logits.length]!;
    return [logits[i]!, next].map((one) => behaviour.score(one, input, logits[i]!, model.tokenizer));
  });
  return hash(
    'sha256',
    JSON.stringify([
      version,
      model.fingerprint,
      task.name,
      behaviour.name,
      task.thresholdText,
      inputs.map((input) => exactKey(input)),
      scores,
      options,
    ]),
  );
}

/**
 * What is kept under a key, or else what is found now, kept for the next time. A file that cannot be read or written, or that is not ours, changes nothing.
 * @param folder undefined: nothing is kept
 */
export async function remembered(
  folder: string | undefined,
  key: string,
  find: () => Promise<Omit<PowerEvidence, 'cached'>>,
): Promise<PowerEvidence> {
  if (folder === undefined) return { ...(await find()), cached: false };
  const path = join(folder, `${key.slice(0, 32)}.json`);
  const known = await kept(path, key);
  if (known) return known;
  const found = { ...(await find()), cached: false };
  try {
    mkdirSync(folder, { recursive: true });
    replaceFile(path, `${JSON.stringify({ about: ABOUT, key, power: found }, undefined, 2)}\n`);
  } catch {
    // a read-only folder: it is found again next time
  }
  return found;
}

const ABOUT = 'What share of planted changes a comparison stops (congruity, docs/power.md). May be deleted.';

async function kept(path: string, key: string): Promise<PowerEvidence | undefined> {
  try {
    const text = new TextDecoder().decode(await readLimited(path, path, MOST_BYTES));
    const read = JSON.parse(text) as { key?: unknown; power?: unknown };
    const power = powerSchema.safeParse(read.power);
    return read.key === key && power.success ? { ...power.data, cached: true } : undefined;
  } catch {
    return undefined;
  }
}
