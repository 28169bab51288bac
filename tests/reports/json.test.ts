import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import Ajv2020 from 'ajv/dist/2020.js';
import * as fc from 'fast-check';
import { reportJsonSchema } from '../../reports/json-schema.js';
import { schemaId, toJson } from '../../reports/json.js';
import type { Check, Report } from '../../reports/schema.js';
import { validCheck, validReport } from '../../reports/validate.js';
import { anyReport, makeCheck, makeUnjudged, reportOf } from './evidence.js';
import { FileError } from '../../src/errors.js';
import { errorOf } from '../helpers/error-of.js';

const committed = JSON.parse(readFileSync(join(__dirname, '../../schema/report.schema.json'), 'utf8')) as object;
const accepts = new Ajv2020({ strict: true, allErrors: false }).compile(committed);
const copy = <T>(value: T): T => structuredClone(value);

/** Every place of a value where an object or an array is held, with the keys that lead there. */
function* containers(value: unknown, path: (string | number)[] = []): Generator<(string | number)[]> {
  if (typeof value !== 'object' || value === null) return;
  yield path;
  for (const [key, inner] of Object.entries(value))
    yield* containers(inner, [...path, Array.isArray(value) ? Number(key) : key]);
}
const at = (value: unknown, path: readonly (string | number)[]): Record<string | number, unknown> =>
  path.reduce<unknown>((inner, key) => (inner as Record<string | number, unknown>)[key], value) as Record<
    string | number,
    unknown
  >;

describe('the published schema', () => {
  test('is up to date: npm run generate', () =>
    expect(committed).toEqual(JSON.parse(JSON.stringify(reportJsonSchema()))));

  test('accepts every report that is written, and the report names it', () => {
    fc.assert(
      fc.property(anyReport, (report) => {
        const written = JSON.parse(toJson(report)) as Report;
        expect(accepts(written)).toBe(true);
        expect(written.$schema).toBe(schemaId);
        // what was read back is what was written
        const { $schema: _, ...rest } = written;
        expect(rest).toEqual(JSON.parse(JSON.stringify(report)));
      }),
      { numRuns: 40 },
    );
  });

  // one mutation anywhere: a missing key, an unknown key, a text for a number; zod and the schema must agree that it is wrong
  test('and zod reject the same broken reports', () => {
    const whole = reportOf(makeCheck({ m1: 2, m2: 3 }), makeUnjudged());
    const objects = [...containers(whole)].filter((path) => !Array.isArray(at(whole, path)));
    const optional = new Set([
      '$schema',
      'searched',
      'control',
      'wouldSettle',
      'failed',
      'where',
      'hint',
      'evidence',
      'error',
      'certain',
      'needs',
      'common',
      'inputGroups',
      'why',
      'estimate',
    ]);
    fc.assert(
      fc.property(
        fc.constantFrom(...objects),
        fc.nat(),
        fc.constantFrom('missing', 'unknown', 'kind'),
        (path, pick, how) => {
          const broken = copy(whole);
          const object = at(broken, path);
          // of a tolerance that would have passed there is the number, or why there is none
          const keys = Object.keys(object).filter((key) => !optional.has(key) && !(key === 'margin' && 'by' in object));
          const key = keys[pick % keys.length]!;
          if (how === 'missing') delete object[key];
          else if (how === 'unknown') object['suprise'] = 1;
          else object[key] = typeof object[key] === 'number' ? 'text' : 17;
          // `control`, `wouldSettle`... may be gone, but never anything else
          expect(accepts(broken)).toBe(false);
          expect(() => validReport(broken)).toThrow(FileError);
        },
      ),
      { numRuns: 150 },
    );
  });

  test('holds pairs to two members', () => {
    const broken = reportOf(makeCheck());
    (broken.checks[0]!.evidence!.bounds.diameters as number[]).push(1);
    expect(accepts(broken)).toBe(false);
    broken.checks[0]!.evidence!.bounds.diameters = [1] as unknown as [number, number];
    expect(accepts(broken)).toBe(false);
  });
});

describe('a number that is none', () => {
  const withNumber = (x: number): Report => {
    const report = reportOf(makeCheck());
    report.checks[0]!.evidence!.distances.across[1]![2] = x;
    return report;
  };
  test.each([NaN, Infinity, -Infinity])('%p is refused by name and place, never written as null', (x) => {
    expect(() => toJson(withNumber(x))).toThrow(
      expect.objectContaining({
        name: 'NumericalError',
        where: 'checks[0].evidence.distances.across[1][2]',
        what: expect.stringContaining(String(x)),
      }),
    );
  });
});

describe('parts that contradict each other', () => {
  const broken: [string, (check: Check) => void][] = [
    ['has a row too few', (check) => check.evidence!.distances.within1.pop()],
    ['has a column too many', (check) => check.evidence!.distances.across[0]!.push(1)],
    [
      'says held, and is different',
      (check) => ((check.evidence!.outcome = 'different'), (check.evidence!.judgement.outcome = 'different')),
    ],
    ['has two outcomes', (check) => (check.evidence!.judgement.outcome = 'undecided')],
    ['has no evidence', (check) => delete check.evidence],
    ['was not judged, and has evidence', (check) => (check.status = 'not judged')],
  ];
  test.each(broken)('a check that %s', (_, breakIt) => {
    const check = makeCheck();
    validCheck(check);
    breakIt(check);
    expect(() => validCheck(check)).toThrow(expect.objectContaining({ code: 'BAD_FILE' }));
  });
  test('a check that was not judged and does not say why', () => {
    const check = makeUnjudged();
    delete check.error;
    expect(() => validCheck(check)).toThrow(errorOf(FileError, /says why/));
  });
});

test('a matrix row is one line, and texts keep theirs', () => {
  const check = makeCheck({ m1: 2, m2: 2, test: '[\n  1,\n  2\n]' });
  check.evidence!.distances.within1 = [
    [0, 0.5],
    [0.5, 0],
  ];
  const text = toJson(reportOf(check));
  expect(text).toContain('[0, 0.5],\n');
  expect((JSON.parse(text) as Report).checks[0]!.test).toBe('[\n  1,\n  2\n]');
});
