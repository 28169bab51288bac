/** Valid evidence for the writers' tests: distances between random points, and statistics that belong to them. */
import * as fc from 'fast-check';
import { RunningTest } from '../../src/verdict/sequential/running-test.js';
import type { Check, Report } from '../../reports/schema.js';
import { makeReport } from '../../reports/report.js';
import { random } from '../../src/random.js';
import type { Evidence, SideEvidence } from '../../src/verdict/evidence.js';
import type { Interval, SideJudgement } from '../../src/statistics/judgement.js';
import { explained, namesOf } from '../../src/verdict/rule/explain.js';
import type { Finding } from '../../src/verdict/rule/findings.js';
import type { Outcome } from '../../src/verdict/rule/outcome.js';
import { anyText } from '../helpers/any-text.js';

export interface EvidenceParts {
  seed?: number;
  m1?: number;
  m2?: number;
  /** how far apart the two sets lie, in units of their spread */
  offset?: number;
  sites?: number;
  /** put into every free text */
  words?: string;
  controls?: boolean;
  circuit?: boolean;
  splits?: number;
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);
const around = (estimate: number, half: number): Interval => ({
  estimate,
  low: estimate - half,
  high: estimate + half,
});
const pairs = (rows: readonly (readonly number[])[]): number[] => rows.flatMap((row, i) => row.slice(i + 1));

/** The share of triples in which the sibling is nearer, ties one half. */
function triples(within: readonly (readonly number[])[], across: readonly (readonly number[])[]): number {
  let sum = 0;
  let n = 0;
  within.forEach((row, i) => {
    row.forEach((d, j) => {
      if (i === j) return;
      for (const stranger of across[i]!) {
        sum += d < stranger ? 1 : d === stranger ? 0.5 : 0;
        n++;
      }
    });
  });
  return n === 0 ? 0.5 : sum / n;
}

/** A running test of five blocks that all say the same, or of three that do not. */
function sequentialOf(outcome: Outcome): Evidence['sequential'] {
  const test = new RunningTest({ alpha: 0.05, beta: 0.05 }, 0.25, 0.01);
  const far = outcome === 'different' ? 0.3 : 0.1;
  for (let block = 0; block < (outcome === 'undecided' ? 3 : 5); block++)
    test.observe({ siblings: [0.1, 0.1], strangers: [far, far, outcome === 'undecided' ? 0.2 : far, far] });
  return {
    budget: { draws: 40 },
    levels: { alpha: 0.05, beta: 0.05 },
    stopped: outcome === 'undecided' ? 'draws' : 'certain',
    last: 0.75,
    earlyLooks: 15,
    running: [{ measure: 'ridge', trajectory: test.trajectory }],
  };
}

export function makeEvidence(parts: EvidenceParts = {}): Evidence {
  const {
    seed = 1,
    m1 = 6,
    m2 = 6,
    offset = 0,
    sites = 5,
    words = '',
    controls = true,
    circuit = true,
    splits = 3,
  } = parts;
  const rnd = random(seed, 'evidence');
  const dims = 8;
  const point = (shift: number): number[] => Array.from({ length: dims }, () => (rnd.normal() + shift) * 0.07);
  const set1 = Array.from({ length: m1 }, () => point(0));
  const set2 = Array.from({ length: m2 }, () => point(offset));
  const distance = (a: readonly number[], b: readonly number[]): number => Math.hypot(...a.map((x, k) => x - b[k]!));
  const between = (a: number[][], b: number[][]): number[][] => a.map((p) => b.map((q) => distance(p, q)));
  const within1 = between(set1, set1);
  const within2 = between(set2, set2);
  const across = between(set1, set2);
  const margin = 0.25;
  const strangers = mean(across.flat());
  const side = (within: number[][], rows: number[][]): SideJudgement => {
    const siblings = mean(pairs(within));
    const excess = strangers / Math.max(siblings, 0.01) - 1;
    return {
      siblings: around(siblings, 0.02),
      excess: around(excess, 0.06),
      T: around(triples(within, rows), 0.05),
      beyond: triples(
        within.map((row) => row.map((d) => 1.25 * d)),
        rows,
      ),
      copies: 0.01,
      self: { congruity: 0.93, strictScore: 0.88, noise: 0.08, splits: 50 },
      control: controls ? around(1.9, 0.1) : undefined,
      checks: { selfCongruent: true, powered: controls, varied: siblings >= 0.01 },
    };
  };
  const sides = [
    side(within1, across),
    side(
      within2,
      across[0]!.map((_, j) => across.map((row) => row[j]!)),
    ),
  ] as const;
  const outcome: Outcome = sides.every((s) => s.excess.high <= margin)
    ? 'equivalent'
    : sides.some((s) => s.excess.low > margin)
      ? 'different'
      : 'undecided';
  const findings: Finding[] = (['baseline', 'candidate'] as const).map((side, a) => {
    const numbers = { tolerance: margin, excess: sides[a]!.excess };
    if (outcome === 'undecided') return { code: 'too-uncertain', side, numbers: { ...numbers, needed: 40 } };
    return { code: outcome === 'equivalent' ? 'within-tolerance' : 'beyond-tolerance', side, numbers };
  });
  if (outcome === 'different') findings.push({ code: 'not-exchangeable', numbers: { p: 0.0025 } });
  const said = explained({ outcome, findings }, namesOf(undefined));
  const T = [sides[0].T.estimate, sides[1].T.estimate] as const;
  const sideEvidence = (name: string, m: number): SideEvidence => ({
    model: { name: `${name}${words}`, kind: 'transformer', fingerprint: 'ab12'.repeat(16) },
    set: `resampling heads and neurons outside the circuit${words}`,
    behaviour: 0.997,
    implementations: Array.from({ length: m }, (_, i) => ({
      description: `resample ${40 + i} neurons of blocks.0.mlp${words}`,
      behaviour: 0.99 + 0.01 * rnd.unit(),
    })),
    acceptance: { tried: 2 * m, accepted: m, rate: { estimate: 0.5, low: 0.31, high: 0.69 } },
    searched: circuit
      ? {
          components: 516,
          patchable: 371,
          runs: 40,
          alone: 9,
          held: 507,
          untold: 0,
          how: 'gradients',
          top: [
            { component: `blocks.0.attn.head.2${words}`, effect: 1.83, estimate: 2.1 },
            { component: 'blocks.0.mlp.neuron.17', effect: 0.21 },
          ],
        }
      : undefined,
  });
  const all = [...within1.flat(), ...within2.flat(), ...across.flat()];
  const diameters = [Math.max(0, ...within1.flat()), Math.max(0, ...within2.flat())] as const;
  const hausdorff = Math.max(
    ...across.map((row) => Math.min(...row)),
    ...across[0]!.map((_, j) => Math.min(...across.map((row) => row[j]!))),
  );
  return {
    outcome,
    judgement: {
      outcome,
      findings,
      reasons: said.reasons.map((reason) => `${reason}${words}`),
      wouldSettle: said.wouldSettle === undefined ? undefined : `${said.wouldSettle}${words}`,
      failed:
        outcome === 'different'
          ? 'necessity violated'
          : outcome === 'undecided'
            ? 'sufficiency not established'
            : undefined,
      policy: { margin, alpha: 0.05, beta: 0.05, resolution: 0.01, bootstrap: 2000, permutations: 999 },
      oneSideSuffices: seed % 2 === 1,
      strangers: around(strangers, 0.02),
      sides,
      congruity: around(1 - Math.abs(T[0] + T[1] - 1), 0.1),
      strictScore: around(1 - Math.max(...T.map((t) => Math.abs(2 * t - 1))), 0.1),
      energy: {
        distance: 2 * strangers - mean(within1.flat()) - mean(within2.flat()),
        p: 0.154,
        permutations: 924,
        exact: true,
      },
    },
    task: { name: `addition mod 59${words}`, inputs: 400, behaviour: 'accuracy', threshold: 'at least 0.99' },
    baseline: sideEvidence('released', m1),
    candidate: sideEvidence('candidate', m2),
    smallestMargin:
      outcome === 'undecided'
        ? { level: 0.05, by: 'last look', why: `the candidate varies too much${words}` }
        : { level: 0.05, by: 'running test and rule', margin: outcome === 'equivalent' ? margin / 2 : 4 * margin },
    ...(outcome === 'different' && {
      largestMargin: { level: 0.05, by: 'running test and rule' as const, margin: 2 * margin },
    }),
    representation: {
      sites: Array.from({ length: sites }, (_, i) => (i === 0 ? 'hook_embed' : `blocks.${i - 1}.hook_resid_post`)),
      pool: 'last',
      features: 128 * Math.max(1, sites),
    },
    measure: 'ridge',
    distances: { within1, within2, across },
    alsoReport: (['cka', 'procrustes'] as const).map((measure) => ({
      measure,
      decides: false,
      outcome: 'undecided' as const,
      siblings: [0.11, 0.12] as const,
      strangers: 0.14,
      excess: [around(0.27, 0.1), around(0.17, 0.1)] as const,
      congruity: 0.64,
    })),
    bounds: {
      measure: 'procrustes',
      necessary: Math.max(0, Math.max(...across.flat()) - Math.min(...diameters)),
      hausdorff,
      sufficient: Math.min(...across.flat()) + Math.max(...diameters),
      diameters,
    },
    bySite: Array.from({ length: sites }, (_, i) => {
      const base = 0.1 + rnd.unit() * 0.2;
      return {
        site: `blocks.${i}.hook_resid_post${words}`,
        siblings: [base, base * 1.1] as const,
        strangers: base * (1.1 + offset),
        excess: offset,
      };
    }).sort((a, b) => b.excess - a.excess),
    bySplit: Array.from(
      { length: splits },
      (_, i) => [sides[0].excess.estimate + 0.02 * (i - 1), sides[1].excess.estimate - 0.01 * i] as const,
    ),
    ...(outcome === 'different' &&
      sites > 2 && {
        singleSite: {
          site: `blocks.1.hook_resid_post${words}`,
          looked: ['hook_embed', `blocks.1.hook_resid_post${words}`],
          allSites: { findings: [], reasons: [`Too uncertain.${words}`] },
        },
      }),
    common:
      outcome === 'undecided'
        ? { why: `the candidate has no blocks.1.attn.head${words}` }
        : { how: 'names and shapes', components: 576, patchable: 402 },
    ...(outcome === 'equivalent' && { inputGroups: { groups: 8, undrawn: 0.885 } }),
    sequential: sequentialOf(outcome),
    seed,
    environment: {
      congruity: '0.1.0',
      node: 'v20.20.2',
      platform: 'linux x64',
      backend: 'wasm',
      backendDescription: `tfjs-backend-wasm 4.22.0, SIMD${words}`,
    },
    rows: { computed: 26_500, kept: 120 },
    seconds: 3.2 + mean(all),
  };
}

export function makeCheck(
  parts: EvidenceParts & { test?: string; file?: string; expected?: Check['expected'] } = {},
): Check {
  const evidence = makeEvidence(parts);
  const expected = parts.expected ?? 'equivalent';
  const test = parts.test ?? 'the release still adds the way the last one did';
  // through JSON, as from a worker: what is undefined is gone
  return JSON.parse(
    JSON.stringify({
      file: parts.file ?? 'tests/release.test.ts',
      test,
      matcher: 'toBeInterpretivelyEquivalent',
      expected,
      status:
        evidence.outcome === 'undecided' ? 'not established' : evidence.outcome === expected ? 'held' : 'violated',
      evidence,
      replay: `npx congruity gate congruity.config.ts --only '${test}' --seed ${evidence.seed}`,
    }),
  ) as Check;
}

export function makeUnjudged(parts: { test?: string; file?: string; what?: string } = {}): Check {
  return {
    file: parts.file ?? 'tests/release.test.ts',
    test: parts.test ?? 'a release that cannot be read',
    matcher: 'toBeInterpretivelyEquivalent',
    expected: 'equivalent',
    status: 'not judged',
    error: {
      name: 'FileError',
      code: 'BAD_FILE',
      what: parts.what ?? 'The header says 2000 bytes, the file has 1000',
      where: 'models/v2.safetensors',
      hint: 'Copy the file again; it looks truncated.',
    },
    replay: 'npx congruity gate congruity.config.ts --only v2',
  };
}

export function reportOf(...checks: Check[]): Report {
  return makeReport(checks, { version: '0.1.0', started: new Date(Date.UTC(2026, 10, 22, 13, 0, 0)), seconds: 12.5 });
}

/** Any text a user may give, markup and control characters included. */
const anyWords = fc.oneof(
  anyText({ maxLength: 40 }),
  fc.constantFrom(
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "' onload='x",
    '`|*_[x](y)|',
    ']]>&amp;',
    '\u001b[31mred',
    'x'.repeat(300),
    '\n\n# heading',
  ),
);

export const anyCheck: fc.Arbitrary<Check> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .record({
        seed: fc.integer(),
        m1: fc.integer({ min: 2, max: 5 }),
        m2: fc.integer({ min: 2, max: 5 }),
        offset: fc.constantFrom(0, 0.2, 1, 40),
        sites: fc.integer({ min: 0, max: 4 }),
        splits: fc.integer({ min: 0, max: 3 }),
        words: anyWords,
        controls: fc.boolean(),
        circuit: fc.boolean(),
        test: anyWords,
        file: anyWords,
        expected: fc.constantFrom('equivalent' as const, 'different' as const),
        // any finite size: distances are unitless, and a measure may be far from 1
        unbounded: fc.boolean(),
        size: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1e300, noNaN: true })),
      })
      .map(({ size, unbounded, ...parts }) => {
        const check = makeCheck(parts);
        // few implementations: no limits, and no halves to compare
        if (unbounded)
          for (const side of check.evidence!.judgement.sides) {
            side.excess.high = side.siblings.high = 1e6;
            side.self = { congruity: 0, strictScore: 0, noise: 1e6, splits: 0 };
          }
        const { distances } = check.evidence!;
        for (const rows of [distances.within1, distances.within2, distances.across])
          for (const row of rows) row.forEach((d, j) => (row[j] = Math.min(1e300, d * size)));
        return check;
      }),
  },
  { weight: 1, arbitrary: fc.record({ test: anyWords, file: anyWords, what: anyWords }).map(makeUnjudged) },
);

export const anyReport: fc.Arbitrary<Report> = fc
  .array(anyCheck, { maxLength: 4 })
  .map((checks) => reportOf(...checks));
