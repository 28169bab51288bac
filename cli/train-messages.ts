/** What the command and a process that trains one model tell each other. */
import type { BackendName } from '../src/tensor/backend-names.js';
import type { HistoryEntry, Three } from '../src/training/history.js';

export interface TrainOrder {
  /** CommonJS file that exports the config */
  readonly module: string;
  /** what messages call it */
  readonly shown: string;
  readonly seed: number;
  /** path of the model's files, without an ending */
  readonly path: string;
  readonly seconds: number | undefined;
  readonly steps: number | undefined;
  readonly backend: BackendName | undefined;
}

/** To the process: what to do; to stop. */
export type ToTrainer = { readonly type: 'train'; readonly order: TrainOrder } | { readonly type: 'stop' };

/** An error as its parts, since none crosses a process. */
export interface ErrorText {
  readonly name: string;
  readonly code: string | undefined;
  readonly what: string;
  readonly where: string | undefined;
  readonly hint: string | undefined;
}

/** From the process. */
export type FromTrainer =
  | { readonly type: 'progress'; readonly entry: HistoryEntry }
  | {
      readonly type: 'trained';
      readonly accuracy: Three;
      readonly stopped: 'accurate' | 'steps' | 'seconds';
      readonly steps: number;
    }
  | { readonly type: 'failed'; readonly error: ErrorText };
