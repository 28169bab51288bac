/** `congruity drift`: releases or checkpoints in a line, each against the one before and against the first. */
import { join, resolve } from 'node:path';
import { checkPlace } from '../../reports/place.js';
import { driftPage, stepNumbers, type Drift, type DriftStep } from '../../reports/drift.js';
import { makeReport } from '../../reports/report.js';
import type { Check } from '../../reports/schema.js';
import { writeReport } from '../../reports/write.js';
import { number } from '../../src/format.js';
import { shownPath } from '../../src/io/system.js';
import { replaceFile } from '../../src/io/whole-file.js';
import { oneLine, plainJson } from '../../src/plain.js';
import type { Evidence } from '../../src/verdict/evidence.js';
import { version } from '../../src/version.js';
import { integer, notEmpty } from '../arguments.js';
import { interruptible } from '../interruptible.js';
import { compared, lineOf, otherAnswers, requireFolder, type Place } from './sides.js';

/** As typed. */
export interface DriftArguments {
  readonly out?: string | undefined;
  readonly seed?: string | undefined;
  readonly asGiven?: boolean | undefined;
  readonly json?: boolean | undefined;
}

const checkOf = ({ name, against, evidence }: DriftStep, seed: number): Check =>
  ({
    file: name,
    test: `${name} against ${against}`,
    matcher: 'drift',
    expected: 'equivalent',
    status:
      evidence.outcome === 'equivalent' ? 'held' : evidence.outcome === 'different' ? 'violated' : 'not established',
    evidence,
    replay: `npx congruity drift --as-given --seed ${seed} '${against}' '${name}'`,
  }) as Check;

const inWords = ({ name, against, evidence }: DriftStep): string => {
  const { outcome, judgement, relation } = evidence;
  const [first, second] = judgement.sides.map(({ siblings }) => number(siblings.estimate));
  return oneLine(
    `${name} against ${against}: ${outcome}${relation ? ` (${relation.strongest})` : ''}, ${number(judgement.strangers.estimate)} apart, ${first} and ${second} within`,
  );
};

/**
 * Runs the command and returns its exit code: 0 each does the task as the one before, 1 one does not, or it is not established.
 * @throws OptionError, FileError, FingerprintError: nothing is written then
 */
export async function driftCommand(given: readonly string[], args: DriftArguments): Promise<0 | 1> {
  const started = new Date();
  notEmpty(args.out, '--out', '--out congruity-drift');
  const seed = integer(args.seed, '--seed', Number.MIN_SAFE_INTEGER) ?? 0;
  const out = resolve(args.out ?? 'congruity-drift');
  const line = await lineOf(given, args.asGiven === true);
  // before the work
  const unmake = checkPlace(out, undefined, true);
  const steps: Drift['steps'][number][] = [];
  await interruptible(async (signal) => {
    const step = async (of: Place, against: Place): Promise<DriftStep> => ({
      name: of.name,
      against: against.name,
      evidence: (await compared(against, of, { seed, signal })) satisfies Evidence,
      otherAnswers: await otherAnswers(against, of),
    });
    for (let at = 1; at < line.length; at++) {
      const before = await step(line[at]!, line[at - 1]!);
      if (!args.json) process.stdout.write(`${inWords(before)}\n`);
      const first = at === 1 ? before : await step(line[at]!, line[0]!);
      if (at > 1 && !args.json) process.stdout.write(`${inWords(first)}\n`);
      steps.push({ before, first });
    }
  }).catch((error: unknown) => {
    unmake();
    throw error;
  });
  const drift: Drift = { first: line[0]!.name, steps };
  const said = {
    first: drift.first,
    seed,
    steps: steps.map(({ before, first }) => ({ before: stepNumbers(before), first: stepNumbers(first) })),
  };
  const json = `${plainJson(JSON.stringify(said, null, 2))}\n`;
  const all = steps.flatMap(({ before, first }) => (before === first ? [before] : [before, first]));
  const report = makeReport(
    all.map((one) => checkOf(one, seed)),
    { version, started, seconds: (Date.now() - started.getTime()) / 1000 },
  );
  try {
    await writeReport(report, out, { junit: false });
    replaceFile(join(out, 'drift.html'), driftPage(drift, version));
    replaceFile(join(out, 'drift.json'), json);
  } catch (cause) {
    requireFolder(cause, out);
  }
  const shown = shownPath(out);
  process.stdout.write(
    args.json ? json : `${oneLine(join(shown, 'drift.html'))}, drift.json, report.json, report.html\n`,
  );
  return steps.every(({ before }) => before.evidence.outcome === 'equivalent') ? 0 : 1;
}
