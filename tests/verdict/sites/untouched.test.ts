/** Sites that no implementation touches: function models whose activations are drawn, so that the answer is known. */
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { toSummary } from '../../../reports/summary.js';
import { toHtml } from '../../../reports/html.js';
import { task } from '../../../generators/task.js';
import { model } from '../../../src/model/function.js';
import type { FunctionRequest } from '../../../src/model/function-answer.js';
import { random } from '../../../src/random.js';
import { accuracy, pairs, range } from '../../../src/task/index.js';
import { compare } from '../../../src/verdict/compare.js';
import type { CompareOptions } from '../../../src/verdict/compare-options.js';
import { compareRepresentations } from '../../../src/verdict/representations.js';
import type { ImplementationSet } from '../../../src/implementations/index.js';
import { trainedRuns } from '../../../src/implementations/index.js';
import { untouchedSites } from '../../../src/verdict/sites/untouched.js';
import { measuredLines } from '../../../src/verdict/words.js';
import { makeCheck, reportOf } from '../../reports/evidence.js';

const size = 8;
const features = 6;
const on = task({
  name: 'larger',
  inputs: pairs(range(size), range(size)),
  behaviour: accuracy(([a, b]: [number, number]) => Number(b > a)),
  threshold: { atLeast: 0.99 },
});

interface Site {
  /** what all implementations of a side share: sides with the same share it too */
  readonly base?: string;
  /** a fixed change of the side's own on top of that */
  readonly apart?: number;
  /** what implementations differ by; 0: none touches the site */
  readonly noise: number;
  readonly scale?: number;
  /** every so manieth implementation differs; default every one */
  readonly each?: number;
}

const tables = new Map<string, Float64Array>();
const table = (label: string): Float64Array => {
  let found = tables.get(label);
  if (found === undefined) {
    const draw = random(1, label);
    found = Float64Array.from({ length: size * size * features }, () => draw.normal());
    tables.set(label, found);
  }
  return found;
};

function implementation(side: string, i: number, sites: Readonly<Record<string, Site>>, fingerprint: string) {
  const values = Object.entries(sites).map(([site, { base = 'shared', apart = 0, noise, scale = 1, each = 1 }]) => {
    const [shared, ours, own] = [table(`${site} ${base}`), table(`${site} ${side}`), table(`${site} ${side} ${i}`)];
    const moved = i % each === 0 ? noise : 0;
    return { site, data: shared.map((v, at) => scale * (v + apart * ours[at]! + moved * own[at]!)) };
  });
  return model({
    name: `${side} ${i}`,
    fingerprint,
    sites: values.map(({ site }) => ({ name: site, axes: ['feature'], shape: [features], parts: ['feature'] })),
    run({ inputs, capture }: FunctionRequest) {
      const rows = inputs as readonly (readonly [number, number])[];
      return {
        activations: Object.fromEntries(
          values
            .filter(({ site }) => capture.includes(site))
            .map(({ site, data }) => [
              site,
              {
                shape: [rows.length, features],
                data: Float32Array.from(
                  rows.flatMap(([a, b]) => [
                    ...data.subarray((a * size + b) * features, (a * size + b + 1) * features),
                  ]),
                ),
              },
            ]),
        ),
        logits: { shape: [rows.length, 2], data: rows.flatMap(([a, b]) => (b > a ? [0, 1] : [1, 0])) },
      };
    },
  });
}

/** Implementations of one model, as interventions make them. */
const side = (name: string, sites: Readonly<Record<string, Site>>): ImplementationSet => ({
  description: name,
  original: implementation(name, 0, sites, name),
  open: async () => ({
    draw: async (index) => ({
      description: `${name} ${index}`,
      model: implementation(name, index, sites, name),
      patch: undefined,
    }),
  }),
});

const options: CompareOptions = {
  on,
  inputs: 64,
  measure: 'cka',
  alsoReport: [],
  budget: { draws: 9 },
  shrink: false,
  bootstrap: 100,
};
const late: Site = { noise: 0.3 };
const lines = (evidence: Parameters<typeof measuredLines>[0]) =>
  Object.fromEntries(measuredLines(evidence)) as Record<string, string>;

describe.each(['cka', 'ridge'] as const)('%s', (measure) => {
  const judged = (
    baseline: Record<string, Site>,
    candidate: Record<string, Site>,
    more: Partial<CompareOptions> = {},
  ) => compare(side('one', baseline), side('other', candidate), { ...options, measure, splits: 1, ...more });

  test('a site where no sibling varies makes nothing different, however far strangers are there and however large it is', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(0.02, 0.3, 1, 5),
        fc.constantFrom(0.05, 1, 30),
        fc.boolean(),
        async (apart, scale, onBoth) => {
          const evidence = await judged(
            { early: { noise: 0, scale }, late },
            { early: { noise: onBoth ? 0 : 0.3, apart, scale }, late },
          );
          expect(evidence.outcome).not.toBe('different');
          expect(evidence.still).toMatchObject([{ site: 'early' }]);
          expect(evidence.bySite.map(({ site }) => site)).toEqual(['late']);
        },
      ),
      { numRuns: 3 },
    );
  });

  test('beside it, what is different at another site is found, and what is equivalent is said', async () => {
    const early: Site = { noise: 0 };
    expect(await judged({ early, late }, { early, late: { ...late, base: 'own' } })).toMatchObject({
      outcome: 'different',
      still: [{ site: 'early' }],
    });
    expect(await judged({ early, late }, { early, late })).toMatchObject({
      outcome: 'equivalent',
      still: [{ site: 'early' }],
    });
    // without it, the same
    expect((await judged({ late }, { late: { ...late, base: 'own' } })).outcome).toBe('different');
    expect((await judged({ late }, { late })).outcome).toBe('equivalent');
  });

  test('one so large that siblings look like copies beside it does not hide a difference', async () => {
    const early: Site = { noise: 0, scale: 300 };
    const evidence = await judged({ early, late, later: late }, { early, late: { ...late, base: 'own' }, later: late });
    expect(evidence).toMatchObject({ outcome: 'different', singleSite: { site: 'late', looked: ['late', 'later'] } });
    const { findings, reasons } = evidence.singleSite!.allSites;
    expect(findings).toMatchObject([
      { code: 'untouched-likeness', sites: ['early'] },
      { code: 'beyond-tolerance', without: ['early'] },
      { code: 'beyond-tolerance', without: ['early'] },
      { code: 'not-exchangeable', without: ['early'] },
    ]);
    expect(reasons[0]).toMatch(
      /^All sites together look equivalent, but no implementation changes early, and next to it/,
    );
    expect(reasons[1]).toMatch(/^Without early, the cross-model distance is .*, beyond the tolerance of 25 %\.$/);
    // and does not hide that there is none
    expect((await judged({ early, late }, { early, late })).outcome).toBe('equivalent');
  });

  test('one that is all there is to a difference of all sites together leaves it undecided', async () => {
    const evidence = await judged({ early: { noise: 0 }, late }, { early: { noise: 0, apart: 1 }, late });
    expect(evidence).toMatchObject({
      outcome: 'undecided',
      judgement: { outcome: 'undecided', failed: 'sufficiency not established' },
    });
    expect(evidence.judgement.reasons).toEqual([
      'All sites together look different, but the difference may be only at early, which no implementation changes.',
      expect.stringMatching(/^Without early, the cross-model distance is .* the baseline .*, within the tolerance/),
      expect.stringMatching(/^Without early, the cross-model distance is .* the candidate .*, within the tolerance/),
    ]);
    expect(evidence.judgement.wouldSettle).toMatch(/Comparing without early \(`sites`\)/);
  });
});

test('message and reports name what is left out; the smallest that shows a difference is elsewhere', async () => {
  const evidence = await compare(
    side('one', { early: { noise: 0 }, late, later: late }),
    side('other', { early: { noise: 0, apart: 1 }, late, later: { ...late, base: 'own' } }),
    { ...options, shrink: true },
  );
  expect(evidence).toMatchObject({ outcome: 'different', smallest: { sites: ['later'] } });
  expect(lines(evidence)['left out']).toMatch(
    /^early \(cross-model distance 0\.\d+\): no implementation changes it, so there is no within-model distance to compare with$/,
  );
  expect(lines(evidence)['largest at']).toMatch(/^later:/);
  const report = reportOf({ ...makeCheck(), status: 'violated', evidence } as never);
  for (const text of [toSummary(report), toHtml(report)]) expect(text).toMatch(/early \(cross-model distance 0\.\d+\)/);
});

test('a site that some siblings touch stays, and its few siblings give no difference', async () => {
  const early: Site = { noise: 1, each: 9 };
  const evidence = await compare(
    side('one', { early, late }),
    side('other', { early: { ...early, apart: 0.2 }, late }),
    options,
  );
  expect(evidence).not.toHaveProperty('still');
  expect(evidence.outcome).not.toBe('different');
});

test('trained runs vary at every site: it stays, and one that differs there is different', async () => {
  const runs = (name: string, sites: Record<string, Site>) =>
    trainedRuns(Array.from({ length: 10 }, (_, i) => implementation(name, i, sites, `${name} ${i}`)));
  const evidence = await compare(
    runs('one', { early: late, late }),
    runs('other', { early: { ...late, base: 'own' }, late }),
    options,
  );
  expect(evidence).toMatchObject({ outcome: 'different', judgement: { oneSideSuffices: true } });
  expect(evidence).not.toHaveProperty('still');
  expect(evidence.bySite[0]!.site).toBe('early');
});

test('untouched sites: of both sides where either is, of each its own where names differ, of runs where both are', () => {
  const of = (sites: string[], untouched: string[]) => ({ sites, untouched });
  expect(untouchedSites([of(['a', 'b'], ['a']), of(['a', 'b'], [])], false)).toEqual([['a'], ['a']]);
  expect(untouchedSites([of(['a', 'b'], ['a']), of(['a', 'b'], [])], true)).toEqual([[], []]);
  expect(untouchedSites([of(['a', 'b'], ['a']), of(['c', 'd', 'e'], ['c'])], false)).toEqual([['a'], ['c']]);
});

test.each(['ridge', 'kernel-ridge', 'cka'] as const)(
  'copies given as siblings are no siblings, where %s finds a copy at a distance as well',
  async (measure) => {
    const n = 60;
    const p = 80;
    const draw = random(5, 'copies');
    const one = Float64Array.from({ length: n * p }, () => draw.normal());
    const copies = (data: Float64Array) => Array.from({ length: 8 }, () => ({ shape: [n, p] as const, data }));
    const evidence = await compareRepresentations(copies(one), copies(one.map((v) => v + 2 * draw.normal())), {
      measure,
      alsoReport: [],
      bootstrap: 100,
    });
    expect(evidence.outcome).toBe('undecided');
    expect(evidence.judgement.reasons.join(' ')).toMatch(
      measure === 'cka'
        ? /copies of each other \(within-model distance \S+, below the resolution 0.028\)/
        : /copies of each other \(within-model distance \S+, below \S+: what a copy shows of itself, and the resolution 0.032\)/,
    );
    expect(
      (await compareRepresentations(copies(one), copies(one), { measure, alsoReport: [], bootstrap: 100 })).outcome,
    ).toBe('equivalent');
  },
);
