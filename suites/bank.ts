/** The bank of a gate: that of the matcher, whose runs may be named by their paths. */
import { resolve } from 'node:path';
import * as z from 'zod';
import { requireMembers } from '../src/bank/levels.js';
import { bankShape, type BankOptions } from '../src/bank/options.js';
import { OptionError } from '../src/errors.js';
import { isModel } from '../src/implementations/index.js';
import type { Model } from '../src/model/model.js';
import { whatIsLoaded } from '../src/model/formats/index.js';
import type { ShapeOf } from '../src/options.js';

/** A run of a bank: the path of a model's file or folder, of any kind that `load` takes, or of its fingerprint, relative to the config's folder; a model; or a function that makes one. */
export type GateRun = string | Model | (() => Model | Promise<Model>);

/** A gate's bank in full. */
export interface GateBankOptions extends Omit<BankOptions, 'accept' | 'stop'> {
  /** other runs of the baseline’s recipe, 7 or more, or `copies`: changes of the baseline that the tool makes and that are accepted */
  readonly accept: readonly GateRun[] | 'copies';
  /** runs of what is to be stopped. @defaultValue none */
  readonly stop?: readonly GateRun[] | undefined;
}

/** A gate's bank: what is accepted, or all of it. */
export type GateBank = GateBankOptions['accept'] | GateBankOptions;

const runs = z
  .array(
    z.custom<GateRun>((v) => (typeof v === 'string' && v !== '') || typeof v === 'function' || isModel(v), {
      error: `a run of a bank must be the path of a model (${whatIsLoaded}), a model, or a function that makes one`,
    }),
  )
  .readonly();
const forms = "a bank must be a list of runs, 'copies', or { accept, stop?, level? }";
const accepted = z.union([runs, z.literal('copies')], { error: forms });

export const gateBankSchema: z.ZodType<GateBank, GateBank> = z.union(
  [
    accepted,
    z.strictObject({
      accept: accepted,
      stop: runs.optional(),
      level: bankShape.level,
    } satisfies ShapeOf<GateBankOptions>),
  ],
  { error: forms },
);

/** All forms of a gate's bank as one. */
export const gateBankOf = (given: GateBank): GateBankOptions =>
  given === 'copies' || Array.isArray(given)
    ? { accept: given as GateBankOptions['accept'] }
    : (given as GateBankOptions);

/** Every run of a bank that is named by its path, and where in the option it stands. */
export function bankPaths(given: GateBank): { readonly path: string; readonly at: string }[] {
  const { accept, stop = [] } = gateBankOf(given);
  const inner = accept === given ? '' : '.accept';
  const named = (list: readonly GateRun[], at: string) =>
    list.flatMap((run, i) => (typeof run === 'string' ? [{ path: run, at: `${at}[${i}]` }] : []));
  return [...(accept === 'copies' ? [] : named(accept, inner)), ...named(stop, '.stop')];
}

/**
 * A bank has as many runs as its level needs, and none twice, as far as that is known before anything is loaded.
 * @param baseline what the gate names
 * @param where the place of the bank in the config
 * @throws OptionError, ImplementationError
 */
export function checkBank(given: GateBank | undefined, baseline: unknown, where: string): void {
  if (given === undefined) return;
  const { accept, stop = [], level } = gateBankOf(given);
  const seen = new Map<string, string>();
  for (const { path, at } of bankPaths(given)) {
    const known = seen.get(resolve(path));
    if (known !== undefined)
      throw new OptionError({
        what: `${path} is named twice, and a bank counts every run once`,
        where: `${where}${known} and ${where}${at}`,
        hint: 'give runs that were trained apart, from other seeds',
      });
    seen.set(resolve(path), at);
  }
  if (stop.length > 0) requireMembers(stop.length, level, 'changes to be stopped', where);
  // a set of runs may hold several, and what a function makes is not known yet
  if (accept === 'copies' || !(typeof baseline === 'string' || isModel(baseline))) return;
  const again = accept.some((run) =>
    typeof run === 'string' && typeof baseline === 'string' ? resolve(run) === resolve(baseline) : run === baseline,
  );
  requireMembers(accept.length + (again ? 0 : 1), level, 'runs of a bank, the baseline counted', where);
}
