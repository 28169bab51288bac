/** What a gate is, and the config that lists gates. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import * as z from 'zod';
import { FileError, OptionError, isCongruityError } from '../src/errors.js';
import { cacheOptionSchema, type CacheOption } from '../src/cache/options.js';
import type { Model } from '../src/model/model.js';
import { shownPath } from '../src/io/system.js';
import { checkOptions, type ShapeOf } from '../src/options.js';
import { isTask, type AnyTask } from '../src/task/task.js';
import { backendNames, type BackendName } from '../src/tensor/backend-names.js';
import { defaultPolicy, leastResampling } from '../src/verdict/rule/policy.js';
import { whatIsLoaded } from '../src/model/formats/index.js';
import { towardsModel } from '../src/model/is-model.js';
import { isModel, isSet, type ImplementationSet } from '../src/implementations/index.js';
import { bankPaths, checkBank } from './bank.js';
import { LONGEST } from './limit.js';
import { gateOptionsSchema, taken, type GateOptions } from './options.js';

/** The path of a model's file or folder, of any kind that `load` takes, or, of a baseline, of its fingerprint, relative to the config's folder; a model or set; or a function that makes one. */
export type GateSide =
  | string
  | Model
  | ImplementationSet
  | (() => Model | ImplementationSet | Promise<Model | ImplementationSet>);

/** A comparison that must come out equivalent. */
export interface Gate {
  /** names the gate in reports and for `--only`; no two gates share one */
  readonly name: string;
  /** what the candidate is held against: the path of anything that `load` takes, or of a fingerprint (docs/fingerprint.md), relative to the config; a model; an implementation set; or a function that makes one */
  readonly baseline: GateSide;
  /** the model that wants to go out, given likewise */
  readonly candidate: GateSide;
  /** a task, or the module that exports one: `tasks/addition.ts#addition`; without `#`, its default export */
  readonly task: AnyTask | string;
  /** options of the matcher (docs/matcher.md). What the gate decides itself is not among them: `on`, `signal`, `progress`, `alpha`, `beta`, `cache` */
  readonly options?: GateOptions | undefined;
  /** the time after which the gate is stopped and counts as not judged. @defaultValue that of the config */
  readonly seconds?: number | undefined;
}

/** What a config exports. */
export interface GateConfig {
  /** for editors; not read */
  readonly $schema?: string | undefined;
  /** the gates */
  readonly gates: readonly Gate[];
  /** the seed of every gate that sets none. @defaultValue `CONGRUITY_SEED`, else 0 */
  readonly seed?: number | undefined;
  /** the time of every gate that sets none. @defaultValue an hour, and 0.05 s for each row that the gate can come to compute */
  readonly seconds?: number | undefined;
  /** the rate at which any gate at all may wrongly come out different. The gates share it evenly. @defaultValue 0.05 */
  readonly alpha?: number | undefined;
  /** the same for equivalent. @defaultValue 0.05 */
  readonly beta?: number | undefined;
  /**
   * where what gates compute is kept for the next run, relative to the config, or false for nowhere (docs/cache.md). @defaultValue of `congruity gate` `.congruity/cache` in the working folder; of
   * `releaseGate` false
   */
  readonly cache?: CacheOption | undefined;
  /** what computes transformers and tfjs models; ONNX files always run on onnxruntime. @defaultValue `CONGRUITY_BACKEND`, else the first that works */
  readonly backend?: BackendName | undefined;
}

const seconds = z
  .number()
  .gt(0, { error: 'must be above 0' })
  .max(LONGEST, { error: `must be at most ${LONGEST}: no timer waits longer` });

const side = z.custom<GateSide>(
  (v) => (typeof v === 'string' && v !== '') || typeof v === 'function' || isModel(v) || isSet(v),
  {
    error: ({ input }) =>
      `must be the path of a model (${whatIsLoaded}), a model, an implementation set, or a function that makes one (a promise is none: write \`() => load(...)\`)${typeof input === 'object' && input !== null && !('then' in input) ? `; ${towardsModel(input)}` : ''}`,
  },
);

export const gateSchema = z.strictObject({
  name: z.string().trim().min(1, { error: 'a gate needs a name' }),
  baseline: side,
  candidate: side,
  task: z.custom<Gate['task']>((v) => (typeof v === 'string' && v !== '') || isTask(v), {
    error: "must be a task, made by task({ ... }), or where one is exported: 'tasks/addition.ts#addition'",
  }),
  options: gateOptionsSchema.optional(),
  seconds: seconds.optional(),
} satisfies ShapeOf<Gate>);

const level = z.number().gt(0, { error: 'must be above 0' }).lt(0.5, { error: 'must be below 0.5' });

export const configSchema = z.strictObject({
  $schema: z.string().optional(),
  gates: z.array(gateSchema).min(1, { error: 'a config needs at least one gate' }).readonly(),
  seed: z.int().optional(),
  seconds: seconds.optional(),
  alpha: level.optional(),
  beta: level.optional(),
  cache: cacheOptionSchema.optional(),
  backend: z.enum(backendNames, { error: `must be one of ${backendNames.join(', ')}` }).optional(),
} satisfies ShapeOf<GateConfig>);

/** What a gate is judged at. */
export interface GateLevels {
  readonly alpha: number;
  readonly beta: number;
}

/** As many permutations as a gate asks for, or more if so small a p is not within their reach: of a hundred gates each has a hundredth of alpha. */
export function permutationsAt({ alpha }: Pick<GateLevels, 'alpha'>, asked: number | undefined): number | undefined {
  const needed = leastResampling(alpha).permutations;
  return (asked ?? defaultPolicy.permutations) < needed ? 4 * needed : asked;
}

/** What each gate of a suite gets of its levels of error: all gates together then err no more often than the suite may, however they depend on each other. */
export function gateLevels({ gates, alpha, beta }: Pick<GateConfig, 'gates' | 'alpha' | 'beta'>): GateLevels {
  return { alpha: (alpha ?? defaultPolicy.alpha) / gates.length, beta: (beta ?? defaultPolicy.beta) / gates.length };
}

/** Gives a config its type; it is checked where it is read. */
export function defineConfig(config: GateConfig): GateConfig {
  return config;
}

/**
 * A config as it was exported, checked.
 * @param file for messages: where the config is
 * @throws OptionError with the place inside the config, and the nearest known key for an unknown one
 */
export function checkConfig(config: unknown, file: string): GateConfig {
  const place = (inside: string): string => `${file}: ${inside}`;
  try {
    if (typeof config !== 'object' || config === null || Array.isArray(config))
      throw new OptionError({
        what: `the config is ${config === null ? 'null' : Array.isArray(config) ? 'a list' : `of type ${typeof config}`}, not an object with gates`,
        where: 'config',
        hint: 'export default defineConfig({ gates: [...] })',
      });
    const { gates } = config as { gates?: unknown };
    for (const [i, gate] of (Array.isArray(gates) ? gates : []).entries()) {
      const options = (gate as { options?: Record<string, unknown> } | null)?.options ?? {};
      const key = (Object.keys(taken) as (keyof typeof taken)[]).find((one) => options[one] !== undefined);
      if (key !== undefined)
        throw new OptionError({
          what: `"${key}" is not an option of a gate: ${taken[key]}`,
          where: `config.gates[${i}].options`,
          hint: key in configSchema.shape ? `put ${key} beside gates` : 'leave it out',
        });
    }
    const checked = checkOptions(configSchema, config as GateConfig, 'config');
    const names = new Map<string, number>();
    checked.gates.forEach((gate, i) => {
      if (names.has(gate.name))
        throw new OptionError({
          what: `two gates are called "${gate.name}"`,
          where: `config.gates[${names.get(gate.name)!}] and config.gates[${i}]`,
          hint: 'give each a name of its own: reports and --only know gates by name',
        });
      names.set(gate.name, i);
      checkBank(gate.options?.bank, gate.baseline, `config.gates[${i}].options.bank`);
    });
    // options as they were given: the defaults are the matcher's
    return {
      ...checked,
      gates: checked.gates.map((gate, i) => ({ ...gate, options: (config as GateConfig).gates[i]!.options })),
    } as GateConfig;
  } catch (error) {
    if (!isCongruityError(error)) throw error;
    const where = error.where?.replaceAll(/\bconfig\.?/g, '') ?? '';
    throw new OptionError({
      what: error.what,
      where: where === '' ? file : place(where),
      hint: error.hint,
      cause: error,
    });
  }
}

/** `tasks/addition.ts#addition` as a path and a name; the name is `default` where none is given. */
export function taskReference(reference: string, folder: string): { path: string; name: string } {
  const hash = reference.lastIndexOf('#');
  // a path may hold a hash itself, as long as it exists
  if (hash < 0 || existsSync(resolve(folder, reference))) return { path: resolve(folder, reference), name: 'default' };
  return { path: resolve(folder, reference.slice(0, hash)), name: reference.slice(hash + 1) || 'default' };
}

/**
 * The files that the gates name exist.
 * @param which `tasks`: those of tasks alone
 * @throws FileError for the first that does not
 */
export function checkFiles(config: GateConfig, file: string, folder: string, which: 'all' | 'tasks' = 'all'): void {
  config.gates.forEach((gate, i) => {
    const mustExist = (what: string, path: string, where: string): void => {
      if (!existsSync(path))
        throw new FileError({
          what: `${what} of gate "${gate.name}" does not exist: ${shownPath(path)}`,
          where: `${file}: gates[${i}].${where}`,
          hint: "paths are relative to the config's folder",
        });
    };
    for (const key of ['baseline', 'candidate', 'task'] as const) {
      const value = gate[key];
      if (typeof value !== 'string' || (which === 'tasks' && key !== 'task')) continue;
      mustExist(`the ${key}`, key === 'task' ? taskReference(value, folder).path : resolve(folder, value), key);
    }
    const bank = gate.options?.bank;
    for (const { path, at } of bank === undefined || which === 'tasks' ? [] : bankPaths(bank))
      mustExist('a run of the bank', resolve(folder, path), `options.bank${at}`);
  });
}
