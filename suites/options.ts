/** Options of a gate: those of its matcher, but for what the gate decides itself. */
import {
  equivalenceSchema,
  type ToBeInterpretivelyEquivalentOptions,
} from '../matchers/toBeInterpretivelyEquivalent.js';
import { gateBankSchema, type GateBank } from './bank.js';
import type { PowerOption } from '../src/power/options.js';

/** Options of the matcher that a gate sets, and in words why none is given there. */
export const taken = {
  on: 'the gate sets it itself',
  signal: 'the gate sets it itself',
  progress: 'the gate sets it itself',
  alpha: 'the suite has one, which its gates share',
  beta: 'the suite has one, which its gates share',
  cache: 'the suite has one, which its gates share',
} as const;

/** Where a gate says nothing of `power`: few changes, since each takes as long as a small comparison, and the next runs go on. */
const UNASKED: PowerOption = { atOnce: 2 };

/** What a gate asks of its own power: a gate that lets everything pass is green as well. */
export const gatePower = (options: GateOptions = {}): PowerOption =>
  options.power === undefined ? UNASKED : options.power;

/** Options of a gate: those of the matcher, but for what the gate sets itself. */
export interface GateOptions extends Omit<ToBeInterpretivelyEquivalentOptions, keyof typeof taken | 'bank'> {
  /** a bank of runs of the baseline's recipe, each named by its path or given as a model: docs/bank.md. @defaultValue none */
  readonly bank?: GateBank | undefined;
}

export const gateOptionsSchema = equivalenceSchema
  .omit({
    on: true,
    signal: true,
    progress: true,
    alpha: true,
    beta: true,
    cache: true,
  } satisfies Record<keyof typeof taken, true>)
  .extend({ bank: gateBankSchema.optional() });
