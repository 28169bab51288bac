/** `congruity verify`: derives the verdicts of a report again, from fingerprints. */
import { resolve } from 'node:path';
import type { Check } from '../../reports/schema.js';
import { FileError } from '../../src/errors.js';
import { readFingerprint } from '../../src/fingerprint/file.js';
import type { Fingerprint } from '../../src/fingerprint/fingerprint.js';
import { oneLine, plainJson } from '../../src/plain.js';
import { compareFingerprints, type CompareFingerprintsOptions } from '../../src/verdict/compare-fingerprints.js';
import type { Evidence } from '../../src/verdict/evidence.js';
import type { measureNames } from '../../src/measure/index.js';
import { interruptible } from '../interruptible.js';
import { readReport } from '../read-report.js';
import { deviation } from './deviation.js';
import { foundIn } from './sides.js';

/** As typed. */
export interface VerifyArguments {
  readonly json?: boolean | undefined;
}

/** What came of a check: every number the `same`, `agrees` in its verdict, `differs`, or `unknown`. */
interface Verified {
  readonly check: string;
  readonly is: 'same' | 'agrees' | 'differs' | 'unknown';
  readonly reported: string;
  readonly derived?: string | undefined;
  readonly why?: string | undefined;
}

/** The options of a comparison, as its evidence tells them. */
function optionsOf(evidence: Evidence): CompareFingerprintsOptions {
  const { judgement, sequential, seed, relation, alsoReport, bySplit, smallest } = evidence;
  const { margin, resolution, bootstrap } = judgement.policy;
  return {
    seed,
    margin,
    bootstrap,
    resolution,
    alpha: sequential.levels.alpha,
    beta: sequential.levels.beta,
    budget: { draws: sequential.budget.draws },
    alsoReport: alsoReport
      .filter(({ decides }) => !decides)
      .map(({ measure }) => measure as (typeof measureNames)[number]),
    ...(bySplit.length > 0 && { splits: bySplit.length }),
    ...(relation?.asked && { relation: relation.asked }),
    shrink: smallest !== undefined,
  };
}

/** The fingerprint of a side: by the digest, or else of the model that it was, drawn like the baseline. */
function sideOf(
  { fingerprints, ...evidence }: Evidence,
  side: 'baseline' | 'candidate',
  known: readonly Fingerprint[],
): Fingerprint | undefined {
  const digest = fingerprints?.[side]?.digest;
  if (digest !== undefined) return known.find((one) => one.digest === digest);
  const { fingerprint } = evidence[side].model;
  return known.find(({ said }) => said.model.fingerprint === fingerprint && said.task.name === evidence.task.name);
}

async function verified(check: Check, known: readonly Fingerprint[], signal: AbortSignal): Promise<Verified> {
  const name = check.test;
  const evidence = check.evidence as Evidence | undefined;
  if (!evidence)
    return { check: name, is: 'unknown', reported: check.status, why: 'it is no comparison that was judged' };
  const said = `${evidence.outcome}${evidence.relation ? `, ${evidence.relation.strongest}` : ''}`;
  const [baseline, candidate] = (['baseline', 'candidate'] as const).map((side) => sideOf(evidence, side, known));
  if (!baseline || !candidate) {
    const lacking = evidence[baseline ? 'candidate' : 'baseline'].model.name;
    return { check: name, is: 'unknown', reported: said, why: `there is no fingerprint of ${lacking} on its task` };
  }
  const again = await compareFingerprints(baseline, candidate, { ...optionsOf(evidence), signal });
  const derived = `${again.outcome}${again.relation ? `, ${again.relation.strongest}` : ''}`;
  const all = { check: name, reported: said, derived };
  // what was itself judged from these files comes out to the number; a candidate that was run is rounded here
  if (evidence.fingerprints?.baseline && evidence.fingerprints.candidate) {
    const why = deviation(evidence, again);
    return { ...all, is: why === undefined ? 'same' : 'differs', why };
  }
  if (again.outcome === evidence.outcome)
    return { ...all, is: 'agrees', why: derived === said ? undefined : `with the draws of that file, ${derived}` };
  if (again.outcome !== 'undecided' && evidence.outcome !== 'undecided')
    return { ...all, is: 'differs', why: `${derived} comes out` };
  const why = `what the fingerprint of ${evidence.candidate.model.name} holds leads to ${derived}: it is of other draws`;
  return { ...all, is: 'unknown', why };
}

/**
 * Runs the command and returns its exit code: 0 every verdict comes out again, 1 one comes out otherwise, 2 one cannot be derived.
 * @throws OptionError, FileError, FingerprintError
 */
export async function verifyCommand(path: string, given: readonly string[], args: VerifyArguments): Promise<0 | 1 | 2> {
  const { report } = await readReport(path, 'verify');
  const known: Fingerprint[] = [];
  for (const file of await foundIn(given.length > 0 ? given : ['baselines']))
    known.push(await readFingerprint(resolve(file), file));
  if (known.length === 0)
    throw new FileError({
      what: 'there are no fingerprints to derive verdicts from',
      where: (given.length > 0 ? given : ['baselines']).join(', '),
      hint: 'name them, or their folder: congruity verify report.json baselines/',
    });
  const found = await interruptible(async (signal) => {
    const all: Verified[] = [];
    for (const check of report.checks) all.push(await verified(check, known, signal));
    return all;
  });
  const words = {
    same: 'the same, to the number',
    agrees: 'the same verdict',
    differs: 'DOES NOT HOLD',
    unknown: 'not known',
  };
  process.stdout.write(
    args.json
      ? `${plainJson(JSON.stringify(found, null, 2))}\n`
      : found
          .map(({ check, is, reported, why }) => oneLine(`${check}: ${reported}; ${words[is]}${why ? `: ${why}` : ''}`))
          .join('\n')
          .concat('\n'),
  );
  if (found.some(({ is }) => is === 'differs')) return 1;
  return found.length === 0 || found.some(({ is }) => is === 'unknown') ? 2 : 0;
}
