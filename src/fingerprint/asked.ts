/** What a fingerprint was made with, and what is asked of a comparison with it. */
import { FingerprintError, OptionError } from '../errors.js';
import { exactKey } from '../exact-key.js';
import type { ByInterventionOptions } from '../implementations/by-intervention.js';
import type { ComparedInputs } from '../implementations/inputs.js';
import type { MeasureName } from '../measure/index.js';
import type { Model } from '../model/model.js';
import type { Pool } from '../representation/capture.js';
import type { AnyTask } from '../task/task.js';
import { inputsDigest } from './digest.js';
import type { Fingerprint } from './fingerprint.js';

/** Options that a fingerprint settles. */
export interface SettledOptions {
  readonly inputs?: number | undefined;
  readonly sites?: readonly string[] | undefined;
  readonly pool?: Pool | undefined;
  readonly measure?: MeasureName | readonly MeasureName[] | undefined;
  readonly set?: ByInterventionOptions | undefined;
}

const HINT = 'make the fingerprint again, or leave the option out: it is then as in the fingerprint';

/** Interventions that are made again are drawn by what they were drawn by. @throws OptionError where something else is asked for beside them */
export function refuseBeside<T extends object>(given: T, names: readonly (keyof T & string)[]): void {
  const named = names.find((name) => given[name] !== undefined);
  if (named !== undefined)
    throw new OptionError({
      what: `${named} is that of the fingerprint whose interventions are made again`,
      where: `options.${named}`,
      hint: 'leave it out',
    });
}

/** How its implementations are made. */
export const setOf = ({ said: { options } }: Fingerprint): ByInterventionOptions => ({
  by: options.by,
  outside: options.outside,
  fraction: options.fraction,
  ...(options.over !== undefined && { search: { over: options.over } }),
});

/**
 * Options as the fingerprint has them.
 * @throws FingerprintError where something else is asked for
 */
export function settled(fingerprint: Fingerprint, asked: SettledOptions): Required<SettledOptions> {
  const { said, where } = fingerprint;
  const { inputs, sites, pool, measure } = said.options;
  const own: SettledOptions = { inputs, sites, pool, measure };
  for (const [name, given] of Object.entries({ ...asked, set: undefined })) {
    if (given === undefined || !(name in own)) continue;
    const mine = own[name as keyof SettledOptions];
    const [wanted, have] = [name === 'measure' ? [given].flat() : given, mine ?? null];
    if (exactKey(wanted) !== exactKey(have))
      throw new FingerprintError({
        what: `the fingerprint was made with ${name} ${JSON.stringify(have)}, and ${JSON.stringify(wanted)} is asked for`,
        where,
        hint: HINT,
      });
  }
  const mine = setOf(fingerprint);
  for (const name of ['by', 'outside', 'fraction'] as const) {
    const given = asked.set?.[name];
    if (given !== undefined && exactKey(given) !== exactKey(mine[name]))
      throw new FingerprintError({
        what: `the fingerprint was made with set.${name} ${JSON.stringify(mine[name])}, and ${JSON.stringify(given)} is asked for`,
        where,
        hint: HINT,
      });
  }
  return { inputs, sites, pool, measure, set: { ...asked.set, ...mine } } as Required<SettledOptions>;
}

/**
 * The model as it is, from a fingerprint among others that are represented alike.
 * @param asked sites (of the model itself where none are named), what becomes of positions, and the seed of the comparison
 * @throws FingerprintError where the fingerprint is represented otherwise
 */
export function checkRepresented(
  { said, where }: Fingerprint,
  asked: { readonly sites: readonly string[]; readonly pool: Pool; readonly seed: number },
  { averaging }: ComparedInputs,
): void {
  const { sites } = said.draws[0]!.sample;
  const own = { sites: sites.join(', '), pool: said.options.pool };
  const wanted = { sites: asked.sites.join(', '), pool: asked.pool };
  for (const name of ['sites', 'pool'] as const)
    if (own[name] !== wanted[name])
      throw new FingerprintError({
        what: `the fingerprint was made with ${name} ${own[name]}, and the comparison has ${wanted[name]}`,
        where,
        hint: 'make all fingerprints of a comparison with the same options',
      });
  // of whole orbits some inputs are chosen by the seed
  if (averaging?.measured && said.options.seed !== asked.seed)
    throw new FingerprintError({
      what: `the fingerprint measures inputs by seed ${said.options.seed}, and the comparison by ${asked.seed}`,
      where,
      hint: 'compare with the seed of the fingerprint, or make it again with this one',
    });
}

/** @throws FingerprintError where the fingerprint is of another task, kind of model, or of other inputs than this model takes */
export function checkFits(
  { said, where }: Fingerprint,
  task: AnyTask,
  model: Model,
  { examples, n }: ComparedInputs,
): void {
  const unlike = (what: string, hint: string): never => {
    throw new FingerprintError({ what, where, hint });
  };
  const again = 'give the fingerprint of this task, or make it again';
  const { name, behaviour, threshold } = said.task;
  if (name !== task.name) unlike(`the fingerprint is of task "${name}", and "${task.name}" is asked for`, again);
  if (behaviour !== task.behaviour.name || threshold !== task.thresholdText)
    unlike(
      `the fingerprint is of ${behaviour} ${threshold}, and task "${name}" has ${task.behaviour.name} ${task.thresholdText}`,
      again,
    );
  if (said.model.kind !== model.kind)
    unlike(
      `the fingerprint is of a model of kind ${said.model.kind}, and ${model.name} is of kind ${model.kind}`,
      'compare models of one kind, or the models themselves',
    );
  if (
    said.inputs.count !== examples.inputs.length ||
    said.inputs.measured !== n ||
    said.inputs.digest !== inputsDigest(task.encode(examples, model).inputs)
  )
    unlike(
      `the fingerprint is over other inputs: ${said.inputs.count} of task "${name}", and ${model.name} takes ${examples.inputs.length} or encodes them otherwise`,
      'make it again on the inputs that the task has now, with the same tokenizer',
    );
}
