/** What a comparison is of, before anything is drawn. */
import type * as z from 'zod';
import { bankOf } from '../bank/options.js';
import { fingerprintsOf, setsOf } from '../bank/run.js';
import { cacheOf } from '../cache/options.js';
import { OptionError } from '../errors.js';
import { checkFits, checkRepresented, settled } from '../fingerprint/asked.js';
import { recordedOf } from '../fingerprint/recorded.js';
import { asSet, isSet, type ImplementationSet } from '../implementations/index.js';
import { comparedInputs } from '../implementations/inputs.js';
import type { Model } from '../model/model.js';
import type { CompareOptions, compareSchema } from './compare-options.js';
import { policyOf, resolvePolicy } from './rule/policy.js';

/** Options as a baseline that is a fingerprint settles them. @throws FingerprintError, OptionError where it cannot serve */
export function withFingerprint(baseline: unknown, candidate: unknown, given: CompareOptions): CompareOptions {
  const [first, second] = [baseline, candidate].map((side) => (isSet(side) ? recordedOf(side) : undefined));
  if (second)
    throw new OptionError({
      what: 'the candidate is a fingerprint',
      where: 'candidate',
      hint: 'a fingerprint serves as the baseline of a model; two of them are compared by congruity drift, or in a program by compareFingerprints',
    });
  if (!first || typeof given !== 'object' || given === null) return given;
  const copies = given.bank === 'copies' || (given.bank as { accept?: unknown } | undefined)?.accept === 'copies';
  const needy = copies ? 'bank' : given.power ? 'power' : undefined;
  if (needy !== undefined)
    throw new OptionError({
      what: `"${needy}" ${copies ? 'makes copies of the weights' : 'plants changes in the weights'} of the baseline, which is a fingerprint and has none`,
      where: `options.${needy}`,
      hint: copies
        ? 'give the baseline as a model, or a list of runs: models, or their fingerprints'
        : 'leave it out, or give the baseline as a model',
    });
  if (typeof given.common === 'object')
    throw new OptionError({
      what: 'components correspond to those of a fingerprint by their names only',
      where: 'options.common',
      hint: 'leave it out, or load the model itself',
    });
  return { ...given, ...settled(first, given), budget: { draws: first.said.draws.length - 1, ...given.budget } };
}

/**
 * What a comparison is of: its sets, its inputs, and where it keeps what it computes.
 * @throws OptionError, TaskError, FingerprintError: before anything is drawn
 */
export async function prepared(
  baseline: Model | ImplementationSet,
  candidate: Model | ImplementationSet,
  given: z.infer<typeof compareSchema>,
) {
  const { on: task, inputs, set = {}, bank: bankGiven, signal } = given;
  // before anything is drawn
  resolvePolicy(policyOf(given), 'options');
  const sets = [asSet(baseline, set, 'baseline'), asSet(candidate, set, 'candidate')] as const;
  const bank = bankGiven && bankOf(bankGiven);
  const banked = bank ? setsOf(bank) : [];
  const recorded = recordedOf(sets[0]);
  // inputs are those of the fingerprint, where there is one
  const compared = await comparedInputs(
    task,
    [...(recorded ? [sets[1]] : sets), ...banked],
    inputs,
    recorded?.said.options.seed ?? given.seed,
    signal,
  );
  if (recorded) checkFits(recorded, task, sets[1].original, compared);
  const [, { original }] = sets;
  for (const one of bank ? fingerprintsOf(bank) : []) {
    checkFits(one, task, original, compared);
    const { sites = original.representationSites, pool } = given;
    checkRepresented(one, { sites, pool, seed: recorded?.said.options.seed ?? given.seed }, compared);
  }
  const cache = cacheOf(given.cache);
  return { sides: [baseline, candidate], sets, given, bank, banked, compared, recorded, cache } as const;
}
