/** What was found of a model's comparison before: nothing of the released model changes between two candidates. */
import { hash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { exactKey } from '../exact-key.js';
import { readLimited } from '../io/files.js';
import { replaceFile } from '../io/whole-file.js';
import type { Model } from '../model/model.js';
import { runExamples } from '../task/run.js';
import type { AnyExamples, AnyTask } from '../task/task.js';
import { version } from '../version.js';
import { plantedOutcomes, type PlantedOutcome } from './evidence.js';

/** Of a file of ours: it has a line for each change. */
const MOST_BYTES = 2 ** 20;

/**
 * All that the power of a comparison follows from. Of a task that cannot say what its behaviour depends on: its name and threshold, the inputs as the model takes them, and what it makes of the model's answers,
 * each held against its own input and against the next.
 */
export async function keyOf(
  model: Model,
  task: AnyTask,
  examples: AnyExamples,
  options: object,
  signal?: AbortSignal,
): Promise<string> {
  const of = task.identity?.(examples, model);
  if (of !== undefined) return hash('sha256', JSON.stringify([version, model.fingerprint, task.name, of, options]));
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

/** What is known of planted changes from earlier runs, and from this one. */
export interface KnownChanges {
  /** what each came to */
  readonly of: Map<string, PlantedOutcome>;
  /** names of the components that they are made in; undefined before these are looked for */
  circuit?: readonly string[] | undefined;
  /** keeps what is known by now */
  keep(): void;
}

export const nothingKnown = (): KnownChanges => ({ of: new Map(), keep: () => undefined });

/**
 * What is known under a key. A file that cannot be read or written, or that is not ours, changes nothing.
 * @param folder undefined: nothing is kept
 */
export async function knownChanges(folder: string | undefined, key: string): Promise<KnownChanges> {
  if (folder === undefined) return nothingKnown();
  const path = join(folder, `${key.slice(0, 32)}.json`);
  const { changes, circuit } = await kept(path, key);
  const known: KnownChanges = {
    of: new Map(Object.entries(changes)),
    circuit,
    keep() {
      try {
        mkdirSync(folder, { recursive: true });
        replaceFile(
          path,
          `${JSON.stringify({ about: ABOUT, key, circuit: known.circuit, changes: Object.fromEntries(known.of) }, undefined, 2)}\n`,
        );
      } catch {
        // a read-only folder: it is found again next time
      }
    },
  };
  return known;
}

const ABOUT = 'What planted changes came to (congruity, docs/power.md). May be deleted.';

const keptSchema = z.object({
  changes: z.record(z.string(), z.enum(plantedOutcomes)),
  circuit: z.array(z.string()).optional(),
});

async function kept(path: string, key: string): Promise<z.output<typeof keptSchema>> {
  try {
    const text = new TextDecoder().decode(await readLimited(path, path, MOST_BYTES));
    const read = JSON.parse(text) as { key?: unknown };
    return read.key === key ? keptSchema.parse(read) : { changes: {} };
  } catch {
    return { changes: {} };
  }
}
