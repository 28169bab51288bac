/** toSatisfySufficiency and toSatisfyNecessity on real models. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { toHtml } from '../../reports/html.js';
import { makeReport } from '../../reports/report.js';
import { toSummary } from '../../reports/summary.js';
import { properties } from '../../reports/junit-properties.js';
import { BehaviourError, OptionError } from '../../src/errors.js';
import type { Model } from '../../src/model/model.js';
import { measures } from '../../src/measure/index.js';
import { gramOf, addGrams } from '../../src/representation/gram.js';
import { featuresOf } from '../../src/representation/capture.js';
import { runExamples } from '../../src/task/run.js';
import { boundClaim } from '../../src/claims/bound-claim.js';
import type { BoundOptions } from '../../src/claims/bound-options.js';
import { byIntervention, trainedRuns, union } from '../../src/implementations/index.js';
import { addition, example } from '../helpers/example.js';
import { folders, messageOf } from './claims.js';
import { errorOf } from '../helpers/error-of.js';

const { recorded } = folders();

let released: Model;
let quantised: Model;
let constant: Model;
beforeAll(async () => {
  [released, quantised, constant] = await Promise.all([
    example('released'),
    example('quantised'),
    example('constant-attention'),
  ]);
});
afterAll(() => {
  for (const one of [released, quantised, constant]) one.dispose();
});

const on = addition();
/** A tenth of the neurons resampled: one pass for every draw. 18 draws a side at this share. */
const options: BoundOptions = {
  on,
  tolerance: 0.3,
  share: 0.8,
  inputs: 100,
  seed: 0,
  set: { outside: ['blocks.0.mlp.neuron.*'], fraction: 0.1 },
};

/** Where only the machinery matters: 6 draws a side. */
const cheap: BoundOptions = { ...options, share: 0.5 };

describe('a copy and another mechanism', () => {
  test('the copy satisfies both conditions; the other mechanism violates both', async () => {
    await expect(quantised).toSatisfySufficiency(released, options);
    await expect(quantised).toSatisfyNecessity(released, options);
    await expect(constant).not.toSatisfySufficiency(released, { ...options, tolerance: 0.15 });
    await expect(constant).not.toSatisfyNecessity(released, { ...options, tolerance: 0.15 });
    const checks = recorded();
    expect(checks.map(({ matcher, expected, status }) => [matcher, expected, status])).toEqual([
      ['toSatisfySufficiency', 'holds', 'held'],
      ['toSatisfyNecessity', 'holds', 'held'],
      ['toSatisfySufficiency', 'fails', 'held'],
      ['toSatisfyNecessity', 'fails', 'held'],
    ]);
    const [copy, , other] = checks.map(({ claim }) => claim!.bounds!);
    // the same draws and distances under both conditions
    expect(checks[1]!.claim!.bounds).toEqual({ ...copy, condition: 'necessity' });
    expect(copy!.distance.low).toBe(0);
    expect(copy!.necessary.high!).toBeLessThan(copy!.distance.high!);
    expect(copy!.originals).toBeLessThan(0.01);
    expect(other!.distance.low).toBeGreaterThan(0.15);
    expect(other!.sides.map(({ random, complete }) => [random, complete])).toEqual([
      [18, false],
      [18, false],
    ]);
  });

  test('between the limits both ways fail, and the message says what was measured and what would settle it', async () => {
    const between = { ...options, tolerance: 0.2 };
    for (const work of [
      () => expect(quantised).toSatisfySufficiency(released, between),
      () => expect(quantised).not.toSatisfySufficiency(released, between),
    ]) {
      const message = await messageOf(work());
      expect(message).toMatch(/\n {2}expect\(quantised\)(\.not)?\.toSatisfySufficiency\(released\)\n/);
      expect(message).toMatch(
        /Expected: (not: )?every implementation of either set has one of the other within 0\.2, for 80 % of each set, at 95 % confidence/,
      );
      expect(message).toMatch(/^Undecided \(sufficiency not established\): 0 to 0\.2\d+ apart\.\n/);
      expect(message).toMatch(
        /To settle it: A tolerance of 0\.2\d+ would be established; implementations that vary less/,
      );
      expect(message).toMatch(
        /baseline +18 random draws, 19 of \d+ kept; 80 % within 0\.\d+ to 0\.\d+ of released, 0\.\d+ to 0\.\d+ across; behaviour differs by up to 0/,
      );
      expect(message).toMatch(/farthest +released .* and quantised .*: 0\.\d+ apart/);
      expect(message).toContain('CONGRUITY_SEED=0 npx jest');
    }
  });

  test('a violation names the pair, in every report', async () => {
    const message = await messageOf(expect(constant).toSatisfyNecessity(released, { ...options, tolerance: 0.1 }));
    expect(message).toMatch(
      /^Fails: the sets are different \(necessity violated\), at least 0\.\d+ [^]* {2}counterexample +released .* and constant-attention .*\n/,
    );
    expect(await messageOf(expect(constant).toSatisfySufficiency(released, { ...options, tolerance: 0.1 }))).toMatch(
      /^Fails: the sets are different, at least 0\.\d+ apart[^]* {2}counterexample .*: nearest to it is /,
    );
    const report = makeReport(recorded(), { version: '0', started: new Date(0), seconds: 1 });
    for (const text of [toHtml(report), toSummary(report)])
      for (const part of ['necessity violated', 'nearest to it is', 'random draws', 'inputs shuffled'])
        expect(text).toContain(part);
    expect(toHtml(report)).toContain('How far apart the two sets are');
    expect(properties(report.checks[0]!)).toMatchObject({
      'congruity.outcome': 'fails',
      'bounds.tolerance': '0.1',
      other: 'released',
    });
  });

  test('a tolerance that nothing could exceed establishes nothing', async () => {
    expect(await messageOf(expect(quantised).toSatisfyNecessity(released, { ...cheap, tolerance: 0.8 }))).toContain(
      'Undecided: nothing could have exceeded this tolerance',
    );
    expect(await messageOf(expect(quantised).toSatisfySufficiency(released, { ...cheap, tolerance: 0.99 }))).toContain(
      'unrelated by construction',
    );
  });

  test('same seed, same evidence; another metric, other draws', async () => {
    const { seconds: _, ...first } = await boundClaim('sufficiency', released, quantised, cheap);
    const { seconds: __, ...again } = await boundClaim('sufficiency', released, quantised, cheap);
    expect(again).toEqual(first);
    const [procrustes, contraction] = await Promise.all([
      boundClaim('sufficiency', released, quantised, { ...options, inputs: 24, share: 0.5, measure: 'procrustes' }),
      boundClaim('sufficiency', released, quantised, { ...options, inputs: 24, share: 0.5, measure: 'contraction' }),
    ]);
    expect(procrustes.bounds!.errors.numerical).toBe(1e-6);
    expect(contraction.bounds!.errors.numerical).toBeGreaterThan(1e-4);
    expect(contraction.bounds!.errors.numerical).toBeLessThan(0.0051);
    expect(contraction.bounds!.sides[0].random).toBe(6);
  });
});

test('sets that are wider than the tolerance are flagged: it is finer than the interpretation', async () => {
  const fine = { ...options, tolerance: 0.05 };
  const message = await messageOf(expect(quantised).toSatisfySufficiency(released, fine));
  expect(message).toMatch(
    /Implementations of released and of quantised themselves are 0\.\d+ apart and more, so that a tolerance of 0\.05 is finer than the interpretation/,
  );
  const { findings, bounds } = recorded().at(-1)!.claim!;
  expect(findings.map(({ code }) => code)).toContain('wider-than-tolerance');
  for (const { diameter, radius } of bounds!.sides) {
    expect(diameter.low).toBeGreaterThan(0.05);
    expect(diameter.high!).toBeCloseTo(2 * radius.high!, 12);
  }
  // and not where it is no finer
  const coarse = await boundClaim('sufficiency', released, quantised, { ...options, tolerance: 0.5 });
  expect(coarse.findings.map(({ code }) => code)).toEqual(['limit-within-tolerance']);
});

describe('errors in the limits', () => {
  test('the error of the abstraction is added to and taken from every distance, of either side its own', async () => {
    const without = (await boundClaim('necessity', released, constant, options)).bounds!;
    const same = (await boundClaim('necessity', released, constant, { ...options, abstractionError: 0 })).bounds!;
    expect(same).toEqual(without);
    const off = (await boundClaim('necessity', released, constant, { ...options, abstractionError: [0.01, 0.02] }))
      .bounds!;
    expect(off.errors).toEqual({ ...without.errors, abstraction: 0.04 });
    // of the baseline: its draws from its own centre
    for (const [i, eta] of [0.01, 0.02].entries())
      expect(off.sides[i]!.radius.high!).toBeCloseTo(without.sides[i]!.radius.high! + 2 * eta, 9);
    expect(off.necessary.low).toBeLessThan(without.necessary.low);
    expect(off.distance.high!).toBeGreaterThan(without.distance.high!);
    await expect(boundClaim('necessity', released, constant, { ...options, abstractionError: -1 })).rejects.toThrow(
      errorOf(OptionError, 'abstractionError must be at least 0'),
    );
  });

  test('behaviour is reported, and enters only by the weight that is given to it', async () => {
    const without = (await boundClaim('sufficiency', released, quantised, options)).bounds!;
    const weighed = (await boundClaim('sufficiency', released, quantised, { ...options, behaviourWeight: 2 })).bounds!;
    const most = Math.max(...without.sides.map(({ behaviour }) => behaviour));
    expect(most).toBeGreaterThan(0);
    expect(without.errors.behaviour).toBe(0);
    expect(weighed.errors.behaviour).toBeGreaterThan(0);
    expect(weighed.errors.behaviour).toBeLessThanOrEqual(
      2 * without.sides.reduce((sum, { behaviour }) => sum + behaviour, 0) + 1e-12,
    );
    expect(weighed.distance.high!).toBeGreaterThanOrEqual(without.distance.high!);
  });

  test('the representation error is 0 where the task has no other inputs', async () => {
    expect((await boundClaim('sufficiency', released, quantised, cheap)).bounds!.errors.representation).toBeGreaterThan(
      0,
    );
    const all = on.examples(60, 1).inputs;
    const small = { ...on, size: all.length, examples: () => ({ inputs: all }) };
    expect(
      (await boundClaim('sufficiency', released, quantised, { ...cheap, on: small })).bounds!.errors.representation,
    ).toBe(0);
  });
});

describe('sets', () => {
  test('of finite sets everything is known: their Hausdorff distance', async () => {
    const { bounds } = await boundClaim(
      'sufficiency',
      trainedRuns([released, quantised]),
      trainedRuns([quantised, constant]),
      { on, tolerance: 0.3, inputs: 100 },
    );
    expect(bounds!.sides.map(({ complete, kept }) => [complete, kept])).toEqual([
      [true, 2],
      [true, 2],
    ]);
    const examples = on.examples(100, 0);
    const grams = await Promise.all(
      [released, quantised, constant].map(async (model) => {
        const { batches } = await runExamples(model, on, examples, { capture: model.representationSites });
        return addGrams(
          model.representationSites.map((name) =>
            gramOf(
              featuresOf(
                model.sites.find((site) => site.name === name)!,
                batches,
                'last',
              ),
              { constant: 'zero' },
            ),
          ),
        );
      }),
    );
    const { data } = await measures.cka.distances(grams, { seed: 0 });
    // {released, quantised} and {quantised, constant}: the farthest from the other set is constant
    const exact = Math.max(data[1]!, Math.min(data[2]!, data[5]!));
    const { errors, distance } = bounds!;
    expect(distance.high!).toBeCloseTo(exact + errors.representation + errors.numerical, 9);
    expect(distance.low).toBeCloseTo(exact - errors.representation - errors.numerical, 9);
  });

  test('of several trained runs, draws count as random once all have turned up', async () => {
    const runs = union(byIntervention(released, options.set), byIntervention(quantised, options.set));
    const { bounds } = await boundClaim('sufficiency', runs, released, { ...options, share: 0.5 });
    const [several, one] = bounds!.sides;
    expect([one.random, one.kept]).toEqual([6, 7]);
    expect(several.random).toBeGreaterThanOrEqual(6);
    // the first of either run is that run itself
    expect(several.kept - several.random).toBeGreaterThanOrEqual(2);
    const twice = await boundClaim(
      'sufficiency',
      union(byIntervention(released, options.set), byIntervention(released, options.set)),
      released,
      { ...options, share: 0.5 },
    );
    expect(twice).toMatchObject({
      outcome: 'undecided',
      wouldSettle: expect.stringContaining('some trained run of a set has not turned up'),
    });
  });

  test('fewer draws than the share needs leave it undecided', async () => {
    const message = await messageOf(expect(quantised).toSatisfySufficiency(released, { ...options, draws: 10 }));
    expect(message).toContain('too few random draws for an upper limit');
    expect(message).toContain('To settle it: More `draws`, or a smaller `share`: 18 draws a side are needed');
  });
});

describe('bad input', () => {
  test.each<[string, object, string]>([
    ['no metric', { measure: 'ridge' }, 'ridge is not a metric'],
    ['no tolerance', { tolerance: undefined }, 'tolerance must be a number above 0'],
    ['a tolerance of 0', { tolerance: 0 }, 'tolerance must be above 0'],
    ['a share of 1', { share: 1 }, 'of a whole set, no sample can say anything'],
    ['alpha', { alpha: 0.7 }, 'alpha must lie in (0, 0.5)'],
    ['a misspelt option', { tolerence: 1 }, 'unknown option "tolerence"'],
  ])('%s', async (_name, part, words) => {
    const work = expect(quantised).toSatisfySufficiency(released, { ...options, ...part } as BoundOptions);
    await expect(work).rejects.toThrow(OptionError);
    await expect(
      expect(quantised).toSatisfyNecessity(released, { ...options, ...part } as BoundOptions),
    ).rejects.toThrow(errorOf(OptionError, words));
  });

  test('what is no model, and a model that does not do the task', async () => {
    await expect(expect({}).toSatisfySufficiency(released, options)).rejects.toThrow(
      errorOf(OptionError, 'the candidate is neither a model nor an implementation set'),
    );
    await expect(
      expect(quantised).toSatisfyNecessity(released, { ...options, on: { ...on, meets: () => false } }),
    ).rejects.toThrow(BehaviourError);
  });
});
