/** Reports and evidence are checked before they are written and after they are read. */
import { isDeepStrictEqual } from 'node:util';
import type * as z from 'zod';
import { type CongruityError, FileError, NumericalError } from '../src/errors.js';
import { exitCodeOf, totalsOf } from './report.js';
import { checkSchema, reportSchema, type Check, type Report } from './schema.js';

export const AS_WRITTEN = 'take it as congruity wrote it: it was changed since, or another version wrote it';

/** `checks[0].evidence.distances.across[1][2]` */
function pathOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : text === '' ? String(key) : `${text}.${String(key)}`),
    '',
  );
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key], value);
}

/** JSON has no NaN and no infinity: a report that holds one is refused, never written as null. */
function refuse(error: z.ZodError, value: unknown, what: string): CongruityError {
  const issues = error.issues;
  const unreal = issues.find(
    (issue) => typeof at(value, issue.path) === 'number' && !Number.isFinite(at(value, issue.path)),
  );
  if (unreal) {
    return new NumericalError({
      what: `${what} holds ${String(at(value, unreal.path))}, which is no measurement`,
      where: pathOf(unreal.path),
      hint: 'Look for a measure that divides by zero or overflows there; nothing was written.',
    });
  }
  const first = issues[0]!;
  return new FileError({
    what: `${what} is not valid: ${first.message}`,
    where: pathOf(first.path) || 'the whole',
    hint: AS_WRITTEN,
  });
}

const square = (rows: readonly (readonly number[])[], m1: number, m2: number): boolean =>
  rows.length === m1 && rows.every((row) => row.length === m2);

/** What a schema cannot say: the parts of a check that must agree with each other. */
function disagreement(check: Check): string | undefined {
  const { evidence, claim, status, error } = check;
  if (evidence && claim) return 'a check is of a comparison or of a claim, not both';
  if (claim && status !== 'not judged') {
    if (check.expected !== 'holds' && check.expected !== 'fails')
      return `a claim is expected to hold or to fail, not to be "${check.expected}"`;
    const said =
      claim.outcome === 'undecided' ? 'not established' : claim.outcome === check.expected ? 'held' : 'violated';
    return status === said
      ? undefined
      : `the outcome "${claim.outcome}" where "${check.expected}" is expected is "${said}", not "${status}"`;
  }
  if (status === 'not judged')
    return evidence || claim
      ? 'a check that was not judged has no evidence'
      : error
        ? undefined
        : 'a check that was not judged says why';
  if (!evidence) return `a check with status "${status}" has evidence`;
  const expected =
    evidence.outcome === 'undecided' ? 'not established' : evidence.outcome === check.expected ? 'held' : 'violated';
  if (status !== expected)
    return `the outcome "${evidence.outcome}" where "${check.expected}" is expected is "${expected}", not "${status}"`;
  if (evidence.judgement.outcome !== evidence.outcome) return 'evidence and judgement have different outcomes';
  const m1 = evidence.baseline.implementations.length;
  const m2 = evidence.candidate.implementations.length;
  const { within1, within2, across } = evidence.distances;
  if (!square(within1, m1, m1) || !square(within2, m2, m2) || !square(across, m1, m2))
    return `distance matrices fit ${m1} baseline and ${m2} candidate implementations`;
  return undefined;
}

/** zod compiles code for a schema at its first use, which takes longer than what is parsed here once. */
const ONCE = { jitless: true };

/**
 * @throws NumericalError where a number is not finite
 * @throws FileError where the shape is wrong or parts contradict each other
 */
export function validCheck(value: unknown, what = 'A check'): Check {
  const parsed = checkSchema.safeParse(value, ONCE);
  if (!parsed.success) throw refuse(parsed.error, value, what);
  return consistent(parsed.data, what);
}

function consistent(check: Check, what: string): Check {
  const why = disagreement(check);
  if (why) throw new FileError({ what: `${what} contradicts itself: ${why}`, where: check.test, hint: AS_WRITTEN });
  return check;
}

/** Reports that came out of `validReport`: each writer asks, and a large one takes seconds. */
const valid = new WeakSet<Report>();

/** As `validCheck`, for a whole report. What it returns is taken as it is the next time. */
export function validReport(value: unknown): Report {
  if (valid.has(value as Report)) return value as Report;
  const parsed = reportSchema.safeParse(value, ONCE);
  if (!parsed.success) throw refuse(parsed.error, value, 'The report');
  parsed.data.checks.forEach((check) => consistent(check, 'A check of the report'));
  const { checks, totals, exitCode } = parsed.data;
  if (!isDeepStrictEqual(totals, totalsOf(checks)) || exitCode !== exitCodeOf(checks, parsed.data))
    throw new FileError({
      what: 'The report contradicts itself: its totals or its exit code are not those of its checks',
      where: 'totals, exitCode',
      hint: AS_WRITTEN,
    });
  valid.add(parsed.data);
  return parsed.data;
}
