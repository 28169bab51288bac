/** Options of training. */
import * as z from 'zod';
import { signalSchema, type ShapeOf } from '../options.js';
import { alignmentSchema, type ClaimedAlignment } from '../program/alignment.js';
import type { Value } from '../program/language/value.js';
import type { Backend } from '../tensor/backend.js';
import type { BackendName } from '../tensor/backend-names.js';
import { architectureSchema, type Architecture } from './architecture.js';
import type { HistoryEntry } from './history.js';
import { inputListSchema } from '../program/interchange/inputs.js';

/** How much each loss counts. */
export interface TrainingWeights {
  /** cross entropy of the answers. @defaultValue 1 */
  readonly behaviour?: number | undefined;
  /** of the answers with variables exchanged. @defaultValue 1 */
  readonly interchange?: number | undefined;
  /** of the answers with components exchanged that no variable is aligned to. 0 trains without (IIT). @defaultValue 0.4 */
  readonly strict?: number | undefined;
}

/** Options of `train`. */
export interface TrainOptions<T> {
  /** sizes of the transformer */
  readonly architecture: Architecture;
  /** the parts that are to hold each variable. @defaultValue `randomAlignment(program, architecture, { seed })` */
  readonly alignment?: ClaimedAlignment | undefined;
  /** weights at the start, batches and a random alignment follow from it. @defaultValue 0 */
  readonly seed?: number | undefined;
  /**
   * lists of tokens to train on and to measure with. Of a list that is not all inputs of the program every eighth is kept for measuring.
   * @defaultValue every input of the program; random ones, new in each step, where they are more than 10,000
   */
  readonly inputs?: readonly (readonly T[])[] | undefined;
  /** it ends after so many steps at the latest. @defaultValue 10000 */
  readonly steps?: number | undefined;
  /** it ends after so many seconds at the latest, when a step is done. @defaultValue no limit */
  readonly seconds?: number | undefined;
  /** it ends when all accuracies are at least this. @defaultValue 0.99 */
  readonly threshold?: number | undefined;
  /** inputs of a step for each loss. @defaultValue 64 */
  readonly batchSize?: number | undefined;
  /** of Adam, its largest: it grows to it in 100 steps, and falls where little is wrong any more. @defaultValue 0.002 */
  readonly learningRate?: number | undefined;
  /** how much each loss counts. @defaultValue 1, 1 and 0.4 */
  readonly weights?: TrainingWeights | undefined;
  /** what computes. @defaultValue the first that works, see `backend` */
  readonly backend?: BackendName | Backend | undefined;
  /** path of a file that is written every 100 steps. If it is there, training goes on from it. @defaultValue none */
  readonly checkpoint?: string | undefined;
  /** called every 100 steps. @defaultValue nobody */
  readonly progress?: ((entry: HistoryEntry) => void) | undefined;
  /** cancels the work: CancelledError; the last checkpoint stays */
  readonly signal?: AbortSignal | undefined;
}

const weight = (value: number) => z.number().min(0).max(1000).default(value);

export const trainSchema = z.strictObject({
  architecture: architectureSchema,
  alignment: alignmentSchema.optional(),
  seed: z.int().default(0),
  inputs: inputListSchema.optional(),
  steps: z.int().min(1).default(10_000),
  seconds: z.number().positive().optional(),
  threshold: z.number().min(0).max(1).default(0.99),
  batchSize: z.int().min(1).max(65_536).default(64),
  learningRate: z.number().positive().max(1).default(0.002),
  weights: z
    .strictObject({
      behaviour: weight(1),
      interchange: weight(1),
      strict: weight(0.4),
    } satisfies ShapeOf<TrainingWeights>)
    .prefault({}),
  backend: z.custom<BackendName | Backend>((v) => typeof v === 'string' || typeof v === 'object').optional(),
  checkpoint: z.string().min(1).optional(),
  progress: z.custom<(entry: HistoryEntry) => void>((v) => typeof v === 'function').optional(),
  signal: signalSchema.optional(),
} satisfies ShapeOf<TrainOptions<Value>>);
