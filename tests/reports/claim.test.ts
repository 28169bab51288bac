/** Checks of claims through every writer. */
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import Ajv2020 from 'ajv/dist/2020.js';
import { FileError, NumericalError } from '../../src/errors.js';
import { toHtml } from '../../reports/html.js';
import { toJson } from '../../reports/json.js';
import { reportJsonSchema } from '../../reports/json-schema.js';
import { properties } from '../../reports/junit-properties.js';
import { exitCodeOf, makeReport } from '../../reports/report.js';
import type { Check, Report } from '../../reports/schema.js';
import { toSummary } from '../../reports/summary.js';
import { toTerminal } from '../../reports/terminal.js';
import { validCheck } from '../../reports/validate.js';
import { anyText } from '../helpers/any-text.js';

type Claim = NonNullable<Check['claim']>;

const claimOf = (words: string, rest: Partial<Claim> = {}): Claim => ({
  outcome: 'fails',
  claim: `interventions leave accuracy as it is ${words}`,
  received: `broken by one component ${words}`,
  findings: [{ code: 'broken-outside', numbers: { components: 1 } }],
  reasons: [`a reason ${words}`],
  task: { name: `task ${words}`, inputs: 9, behaviour: 'accuracy', threshold: 'at least 1' },
  models: [{ name: `model ${words}`, kind: 'transformer', fingerprint: 'ab' }],
  circuit: { components: ['blocks.0.attn.head.0', words], outside: 5 },
  counterexample: {
    description: `model with head 0 at its mean ${words}`,
    components: ['blocks.0.attn.head.0'],
    by: 'mean',
    input: `[1, 2] ${words}`,
    measured: [`accuracy 1 → 0 ${words}`],
  },
  parts: [
    {
      component: `blocks.0.attn.head.1${words}`,
      status: 'could be dropped',
      effects: [{ by: 'mean', tried: 200, broken: 0, share: { estimate: 0, low: 0, high: 0.03 } }],
    },
    {
      component: 'blocks.0.attn.head.0',
      status: 'necessary',
      effects: [{ by: 'mean', tried: 200, broken: 90, share: { estimate: 0.45, low: 0.3, high: 0.6 } }],
    },
  ],
  chain: {
    atLeast: 0.99,
    exact: false,
    inputs: 120,
    rows: [
      {
        step: `place ${words}`,
        site: `blocks.1.hook_resid_mid${words}`,
        axiom: 'component equivalence',
        violated: 30,
        rate: { estimate: 0.75, low: 0.6, high: 0.86 },
        is: 'fails',
      },
      {
        step: 'the output',
        axiom: 'prefix equivalence',
        violated: 0,
        rate: { estimate: 1, low: 0.96, high: 1 },
        is: 'open',
      },
    ],
  },
  response: {
    outcome: 'unlike',
    margin: 0.15,
    levels: { alpha: 0.05, beta: 0.05 },
    untouched: { draws: 48, discrepancy: { estimate: 0, low: 0, high: 0.1 }, is: 'alike' },
    roles: [
      {
        role: `MLP output, layer 0${words}`,
        by: 'resample',
        sites: [`blocks.0.hook_mlp_out${words}`, 'blocks.0.hook_mlp_out'],
        draws: 48,
        discrepancy: { estimate: 0.41, low: 0.32, high: 0.5 },
        is: 'unlike',
        effect: { estimate: 0.37, low: 0.3, high: 0.5 },
        effects: [0.34, 0.4],
        kept: { estimate: 0.55, low: 0.4, high: 0.7 },
        tested: 'yes',
      },
    ],
    draws: 48,
    rows: 1710,
    stopped: 'certain',
  },
  realisation: {
    program: `sort${words}`,
    outcome: 'not realised',
    threshold: 0.05,
    levels: { alpha: 0.05, beta: 0.05 },
    groups: [
      {
        variables: [`place${words}`],
        positions: 'some',
        matters: {
          tried: 128,
          agree: 32,
          accuracy: { estimate: 0.25, low: 0.15, high: 0.4 },
          exhaustive: false,
          is: 'beyond',
        },
      },
    ],
    found: {
      searched: 20,
      judged: 19,
      variables: [
        {
          variable: `place${words}`,
          stage: 'neurons',
          parts: [`mlp${words}`],
          searched: 1,
          heldOut: 0.3,
          untrained: 0.1,
        },
      ],
      missing: [],
      untrained: { name: `untrained${words}`, accuracy: 0.1 },
      allowed: 0.8,
    },
    draws: 128,
    rows: 256,
    stopped: 'certain',
  },
  search: { runs: 12, shrinks: 3, evaluated: 80, passes: 6, seed: 4, path: '11:0:1' },
  seed: 4,
  environment: {
    congruity: '0.1.0',
    node: 'v20',
    platform: 'linux x64',
    backend: 'wasm',
    backendDescription: 'tfjs wasm',
  },
  seconds: 0.4,
  ...rest,
});
const checkOf = (claim: Claim, expected: 'holds' | 'fails' = 'holds'): Check => ({
  file: 'a.test.ts',
  test: 'a claim',
  matcher: 'toHaveSufficientCircuit',
  expected,
  status: claim.outcome === 'undecided' ? 'not established' : claim.outcome === expected ? 'held' : 'violated',
  claim,
  replay: 'npx jest a.test.ts',
});
const reportOf = (...checks: Check[]): Report =>
  makeReport(checks, { version: '0.1.0', started: new Date(0), seconds: 1 });

test('the written schema takes them', () => {
  const valid = new Ajv2020({ strict: false }).compile(reportJsonSchema());
  for (const outcome of ['holds', 'fails', 'undecided'] as const)
    for (const expected of ['holds', 'fails'] as const) {
      const json: unknown = JSON.parse(toJson(reportOf(checkOf(claimOf('', { outcome }), expected))));
      expect(valid(json)).toBe(true);
    }
});

test('outcome and exit code', () => {
  expect(exitCodeOf([checkOf(claimOf('', { outcome: 'holds' }))])).toBe(0);
  expect(exitCodeOf([checkOf(claimOf(''))])).toBe(1);
  expect(exitCodeOf([checkOf(claimOf('', { outcome: 'undecided' }))])).toBe(1);
  expect(exitCodeOf([checkOf(claimOf('', { outcome: 'undecided' }), 'fails')])).toBe(1);
});

describe('what contradicts itself is refused', () => {
  const good = checkOf(claimOf(''));
  test.each<[string, object]>([
    ['a status that does not follow', { status: 'held' }],
    ['an undecided claim that held', { claim: claimOf('', { outcome: 'undecided' }), status: 'held' }],
    ['an expectation of comparisons', { expected: 'equivalent' }],
    ['a claim that was not judged', { status: 'not judged', error: { name: 'E', code: 'E', what: 'e' } }],
    ['neither evidence nor claim', { claim: undefined }],
    ['an entry that is not known', { claim: { ...claimOf(''), more: 1 } }],
  ])('%s', (_name, part) => {
    expect(() => validCheck({ ...good, ...part })).toThrow(FileError);
  });
  test('a number that is none', () => {
    expect(() => validCheck(checkOf(claimOf('', { seconds: NaN })))).toThrow(NumericalError);
  });
});

test('every writer says what failed, where, and how to see it again', () => {
  const report = reportOf(checkOf(claimOf('')));
  const terminal = toTerminal(report, { colour: false, width: 200 });
  const texts = [terminal, toSummary(report).replaceAll('\\', ''), toHtml(report)];
  for (const text of texts)
    for (const part of [
      'broken by one component',
      'model with head 0 at its mean',
      'a reason',
      'blocks.0.attn.head.1',
      'could be dropped',
      '90 of 200',
      'MLP output, layer 0',
      'place',
      '75.0 % [60.0 %',
      'npx jest a.test.ts',
    ])
      expect(text).toContain(part);
  expect(terminal).toContain(
    'or only the counterexample, with the option check: { seed: 4, path: "11:0:1", endOnFailure: true }',
  );
  expect(toTerminal(report, { colour: false, brief: true })).toContain('✗ a claim – violated: broken by one component');
  expect(properties(report.checks[0]!)).toMatchObject({
    'congruity.status': 'violated',
    'congruity.outcome': 'fails',
    counterexample: 'model with head 0 at its mean ',
    'part.blocks.0.attn.head.1': 'could be dropped',
    'part.blocks.0.attn.head.0.mean': '0.45',
    'response.MLP output, layer 0.low': '0.32',
    'response.MLP output, layer 0.effect': '0.37',
    'response.rows': '1710',
    'realisation.place at some positions.high': '0.4',
    'realisation.untrained': '0.1',
    'search.passes': '6',
    'search.path': '11:0:1',
    seed: '4',
  });
});

test('no text of a model or task does anything', () => {
  const nasty = fc.oneof(
    anyText(),
    fc.constantFrom(
      '<script>alert(1)</script>',
      '\u001b[31m',
      '| a | b',
      '`x`\n# y',
      '"><img src=x onerror=alert(1)>',
      '${1}',
    ),
  );
  fc.assert(
    fc.property(nasty, (words) => {
      const report = reportOf(
        checkOf(claimOf(words)),
        checkOf(claimOf(words, { outcome: 'undecided', wouldSettle: words })),
      );
      expect(JSON.parse(toJson(report)).checks).toHaveLength(2);
      const html = toHtml(report);
      // the page's own script stands at its end, once
      expect(html.split(/<script/i)).toHaveLength(2);
      expect(html).not.toMatch(/<img/i);
      // oxlint-disable-next-line no-control-regex
      expect(toTerminal(report, { colour: false })).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
      expect(toSummary(report)).not.toMatch(/<script|<img/i);
    }),
    { numRuns: 25 },
  );
});
