/** `compare` end to end where trained runs or single sites show the difference: function models whose activations are drawn, so that the answer is known. */
import { describe, expect, test } from '@jest/globals';
import { measuredLines } from '../../../src/verdict/words.js';
import { makeCheck } from '../../reports/evidence.js';
import { toJson } from '../../../reports/json.js';
import { makeReport } from '../../../reports/report.js';
import { model, type FunctionRequest } from '../../../src/model/function.js';
import { random } from '../../../src/random.js';
import { accuracy, pairs, range } from '../../../src/task/index.js';
import { compare } from '../../../src/verdict/compare.js';
import { trainedRuns } from '../../../src/implementations/index.js';
import { task } from '../../../generators/task.js';

const size = 8;
const features = 6;
const on = task({
  name: 'larger',
  inputs: pairs(range(size), range(size)),
  behaviour: accuracy(([a, b]: [number, number]) => Number(b > a)),
  threshold: { atLeast: 0.99 },
});

interface Made {
  /** what a site's features are drawn from: runs with equal ones agree but for noise */
  readonly base: Readonly<Record<string, string>>;
  readonly noise: number;
  readonly scale: Readonly<Record<string, number>>;
}

/** A model that does the task, with activations of [base + noise of its own] per input and site. */
function drawn(name: string, { base, noise, scale }: Made) {
  const table = (label: string): Float32Array => {
    const draw = random(1, label);
    return Float32Array.from({ length: size * size * features }, () => draw.normal());
  };
  const sites = Object.keys(base).map((site) => {
    const [shared, own] = [table(`${site} ${base[site]}`), table(`${name} ${site}`)];
    return { site, values: shared.map((value, i) => scale[site]! * (value + noise * own[i]!)) };
  });
  return model({
    name,
    fingerprint: name,
    sites: sites.map(({ site }) => ({ name: site, axes: ['feature'], shape: [features], parts: ['feature'] })),
    run({ inputs, capture }: FunctionRequest) {
      const rows = inputs as readonly (readonly [number, number])[];
      return {
        activations: Object.fromEntries(
          sites
            .filter(({ site }) => capture.includes(site))
            .map(({ site, values }) => [
              site,
              {
                shape: [rows.length, features],
                data: Float32Array.from(
                  rows.flatMap(([a, b]) => [
                    ...values.subarray((a * size + b) * features, (a * size + b + 1) * features),
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
const several = (name: string, count: number, made: Made) =>
  trainedRuns(Array.from({ length: count }, (_, i) => drawn(`${name} ${i}`, made)));
const scale = { large: 4, small: 1 };
const options = { on, inputs: 64, measure: 'cka', alsoReport: [], budget: { draws: 9 } } as const;

describe('trained runs', () => {
  test('a tight set beside a broad one is different, as the tight one sees it; the report says at which level', async () => {
    const base = { large: 'shared', small: 'shared' };
    const evidence = await compare(
      several('broad', 10, { base, noise: 0.8, scale }),
      several('tight', 10, { base, noise: 0.2, scale }),
      options,
    );
    expect(evidence).toMatchObject({ outcome: 'different', runs: [10, 10], judgement: { oneSideSuffices: true } });
    expect(evidence.judgement.findings).toMatchObject([
      { code: 'beyond-tolerance', side: 'candidate' },
      { code: 'not-beyond-tolerance', side: 'baseline' },
      { code: 'not-exchangeable' },
    ]);
    expect(evidence.judgement.reasons[1]).toMatch(
      /the candidate is the tighter set, and it is enough to show a difference/,
    );
    expect(Math.min(...evidence.judgement.sides.map(({ excess }) => excess.estimate))).toBeLessThan(0.25);
    expect(evidence).not.toHaveProperty('alone');
    expect(measuredLines(evidence).find(([label]) => label === 'tolerance')![1]).toMatch(
      /lower limits at alpha 0.0125 for each set, either of which may show a difference/,
    );
  });
});

describe('single sites', () => {
  const sides = (apart: string) =>
    [
      several('one', 10, { base: { large: 'shared', small: 'shared' }, noise: 0.3, scale }),
      several('other', 10, { base: { large: 'shared', small: apart }, noise: 0.3, scale }),
    ] as const;

  test('the one at which the sets part decides where all together do not, and everything reported is of it', async () => {
    const evidence = await compare(...sides('own'), { ...options, beta: 1e-3 });
    expect(evidence).toMatchObject({ outcome: 'different', singleSite: { site: 'small', looked: ['large', 'small'] } });
    expect(evidence.singleSite!.allSites.reasons.join(' ')).toMatch(/look alike, but so few can miss a whole kind/);
    expect(evidence.judgement.findings[0]).toMatchObject({ code: 'beyond-tolerance', site: 'small' });
    expect(evidence.judgement.reasons[0]).toMatch(
      /^At small alone, the cross-model distance is .*, beyond the tolerance/,
    );
    expect(evidence.smallest).toMatchObject({ sites: ['small'] });
    expect(Object.fromEntries(measuredLines(evidence))['judged at']).toBe(
      'small alone, one of 2 sites that share alpha; all sites together left it undecided',
    );
    expect(JSON.parse(JSON.stringify(evidence))).toEqual(evidence);
    // the report takes it
    const check = makeCheck();
    expect(() =>
      toJson(
        makeReport([{ ...check, status: 'violated', evidence } as never], {
          version: '0',
          started: new Date(0),
          seconds: 1,
        }),
      ),
    ).not.toThrow();
  });

  test('nothing is made of sites that are alike, or of an outcome that is certain', async () => {
    expect(await compare(...sides('shared'), { ...options, beta: 1e-3 })).toMatchObject({ outcome: 'undecided' });
    const same = await compare(...sides('shared'), options);
    expect(same.outcome).toBe('equivalent');
    expect(same).not.toHaveProperty('alone');
  });
});
