/** Compares two fingerprints: no model is run, and no task is needed. */
import type * as z from 'zod';
import { FingerprintError, OptionError } from '../errors.js';
import { exactKey } from '../exact-key.js';
import { fingerprintsEvidence } from '../fingerprint/evidence.js';
import type { Fingerprint } from '../fingerprint/fingerprint.js';
import { recorded } from '../fingerprint/recorded.js';
import { respondingOf } from '../fingerprint/responses.js';
import { ofFingerprints } from '../fingerprint/sampling.js';
import { environmentOf } from '../model/evidence.js';
import { checkOptions } from '../options.js';
import { ResponseTest } from '../response/respond-alike.js';
import { clock } from '../signal.js';
import { compareSchema, type CompareOptions } from './compare-options.js';
import type { Evidence } from './evidence.js';
import { judgeSampling } from './judge-sampling.js';
import { orWhy } from './relation/measure.js';

/** Options that two fingerprints settle themselves, or that ask for models. */
const settledByFiles = [
  'on',
  'inputs',
  'sites',
  'pool',
  'set',
  'common',
  'minAcceptance',
  'bank',
  'power',
  'cache',
] as const;

/** Options of a comparison of two fingerprints: what is drawn is in the files. */
export interface CompareFingerprintsOptions extends Omit<CompareOptions, (typeof settledByFiles)[number]> {}

const schema = compareSchema.omit({ on: true });

/** @throws FingerprintError where they are not of one task, one set of inputs, one kind of model, or not to be compared by one measure */
function checkAlike(first: Fingerprint, second: Fingerprint): void {
  const [one, other] = [first.said, second.said];
  const { where } = second;
  const unlike = (what: string): never => {
    throw new FingerprintError({
      what: `${what} than ${first.where}`,
      where,
      hint: 'compare fingerprints that were made on one task, with the same options',
    });
  };
  const { name, behaviour, threshold } = one.task;
  if (other.task.name !== name || other.task.behaviour !== behaviour || other.task.threshold !== threshold)
    unlike(`this is of another task ("${other.task.name}", ${other.task.behaviour} ${other.task.threshold})`);
  if (other.model.kind !== one.model.kind) unlike(`this is of another kind of model (${other.model.kind})`);
  if (
    other.inputs.digest !== one.inputs.digest ||
    other.inputs.count !== one.inputs.count ||
    other.inputs.measured !== one.inputs.measured
  )
    unlike('this is over other inputs');
  for (const key of ['pool', 'sites', 'measure', 'by'] as const)
    if (exactKey(other.options[key] ?? null) !== exactKey(one.options[key] ?? null))
      unlike(`this was made with another ${key} (${JSON.stringify(other.options[key] ?? null)})`);
  if (exactKey(one.orbits && { ...one.orbits }) !== exactKey(other.orbits && { ...other.orbits }))
    unlike('this was averaged over other symmetries');
}

/**
 * `compare` of two fingerprints, by the same rule.
 * @throws FingerprintError where they do not belong together; OptionError, RepresentationError, CancelledError
 */
export async function compareFingerprints(
  baseline: Fingerprint,
  candidate: Fingerprint,
  given: CompareFingerprintsOptions = {},
): Promise<Evidence> {
  const started = clock();
  const no = settledByFiles.find((name) => (given as Partial<CompareOptions>)[name] !== undefined);
  if (no !== undefined)
    throw new OptionError({
      what: `"${no}" is settled by the fingerprints, or asks for models`,
      where: `options.${no}`,
      hint: 'leave it out',
    });
  checkAlike(baseline, candidate);
  const { said } = baseline;
  if (given.measure !== undefined && exactKey([given.measure].flat()) !== exactKey(said.options.measure))
    throw new FingerprintError({
      what: `the fingerprints were made to be compared by ${said.options.measure.join(' and ')}, and ${[given.measure].flat().join(' and ')} is asked for`,
      where: baseline.where,
      hint: 'make them again, or leave the measure out',
    });
  const most = Math.min(said.draws.length, candidate.said.draws.length) - 1;
  const checked: z.infer<typeof schema> = checkOptions(
    schema,
    { ...given, measure: said.options.measure, pool: said.options.pool, budget: given.budget ?? { draws: most } },
    'options',
  );
  const sampling = ofFingerprints(baseline, candidate);
  const verdict = await judgeSampling(sampling, {
    given: checked,
    task: said.task,
    averagedOver: said.orbits,
    undrawn: said.inputs.undrawn,
    input: (place) => said.inputs.shown[place] ?? `input ${place}`,
    environment: environmentOf([recorded(baseline).original, recorded(candidate).original]),
    fingerprints: fingerprintsEvidence(baseline, candidate),
    respond: (levels) =>
      orWhy(async () => {
        const { what, options } = respondingOf([baseline, candidate], levels);
        return new ResponseTest(what, options).run();
      }),
    late: () => checked.budget.seconds !== undefined && (clock() - started) / 1000 >= checked.budget.seconds,
    drew: () => undefined,
    measured: () => undefined,
  });
  return { ...verdict, rows: { computed: 0, kept: 0 }, seconds: (clock() - started) / 1000 };
}
