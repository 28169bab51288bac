/** Twins of models whose components can stand for each other: what is derived must depend on which is paired with which. */
import { afterAll, describe, expect, test } from '@jest/globals';
import { mispairing } from '../../../src/implementations/mispaired.js';
import type { Model } from '../../../src/model/model.js';
import { drawTwins, openTwins, type DrawTwinsOptions } from '../../../src/verdict/twins/draw-twins.js';
import { twinsSchema, type TwinsEvidence } from '../../../src/verdict/twins/evidence.js';
import { random } from '../../../src/random.js';
import { anyAnswer, exchangeable } from '../../helpers/exchangeable.js';

const made: Model[] = [];
const keep = (model: Model): Model => {
  made.push(model);
  return model;
};
afterAll(() => made.forEach((model) => model.dispose()));

const width = 96;
const wide = keep(exchangeable('wide', { width }));

const options: DrawTwinsOptions = {
  on: anyAnswer,
  seed: 1,
  budget: { draws: 30 },
  levels: { alpha: 0.05, beta: 0.05 },
  pool: 'last',
  measure: 'cka',
  splits: 1,
  minAcceptance: 0.2,
  set: { outside: ['layer.unit.*'], fraction: 0.25 },
  say: () => undefined,
};

async function twinsOf(
  models: readonly [Model, Model],
  changed: Partial<DrawTwinsOptions> = {},
): Promise<TwinsEvidence> {
  const asked = { ...options, ...changed };
  const open = await openTwins(models, asked);
  if (!open.sampler) throw new Error(open.finding.code);
  return (await drawTwins(open, asked)).twins;
}

/** Every unit paired with another one at random. */
const atRandom = (seed: number): Record<string, string> => {
  const pairs = Array.from({ length: width }, (_, index) => {
    const unit = { name: `layer.unit.${index}`, kind: 'unit', site: 'layer', axis: 'feature', index } as const;
    return [unit, unit] as const;
  });
  const to = mispairing(pairs, seed);
  return Object.fromEntries(pairs.map(([{ name }], at) => [name, pairs[to[at]!]![1].name]));
};

describe('many units that can stand for each other', () => {
  test('paired at random, a model is not derived from itself', async () => {
    const { outcome, findings, ratio, cosine, control } = await twinsOf([wide, wide], { map: atRandom(5) });
    // everything else says so
    expect(ratio.high).toBeLessThan(1);
    expect(cosine!.low).toBeGreaterThan(0.5);
    expect(outcome).toBe('open');
    expect(findings[0]!.code).toBe('any-pairing');
    expect(control!.ratio.low).toBeGreaterThan(0.5);
    expect(control!.draws).toHaveLength(control!.pairs);
  });

  test('paired by name, it is: nothing is left of how unlike it responds', async () => {
    const found = await twinsOf([wide, wide]);
    expect(found.outcome).toBe('derived');
    expect(found.findings.at(-1)!.code).toBe('pairing-matters');
    expect(found.control!.ratio.high).toBeLessThan(0.01);
    expect(twinsSchema.parse(found)).toEqual(found);
  });

  test('a copy with some noise is, too, and one in another order by the map that undoes it', async () => {
    const noisy = keep(exchangeable('noisy', { width, noise: 0.1 }));
    expect((await twinsOf([wide, noisy])).outcome).toBe('derived');
    const order = random(3, 'order').permutation(width);
    const turned = keep(exchangeable('turned', { width, order }));
    const map = Object.fromEntries(Array.from(order, (at, i) => [`layer.unit.${at}`, `layer.unit.${i}`]));
    expect((await twinsOf([wide, turned], { map })).outcome).toBe('derived');
    expect((await twinsOf([wide, turned])).outcome).toBe('open');
  });

  test('what the units of both models are called says nothing', async () => {
    const noisy = { width, noise: 0.1 };
    const order = random(4, 'names').permutation(width);
    const called = await twinsOf([wide, keep(exchangeable('noisy', noisy))]);
    // in the order of the units themselves, so that one seed draws the same ones
    const map = Object.fromEntries(
      Array.from({ length: width }, (_, unit) => `layer.unit.${order.indexOf(unit)}`).map((name) => [name, name]),
    );
    const models = [exchangeable('wide', { width, order }), exchangeable('noisy', { ...noisy, order })].map(keep);
    const renamed = await twinsOf(models as [Model, Model], { map });
    expect(renamed.outcome).toBe('derived');
    expect(renamed.control!.draws.map(({ components }) => components)).toEqual(
      called.control!.draws.map(({ components }) => components),
    );
    for (const which of ['cosine', 'atRandom'] as const)
      renamed.control!.draws.forEach((draw, i) => expect(draw[which]).toBeCloseTo(called.control!.draws[i]![which], 5));
  });

  test('one component alone: there is nothing to pair it with', async () => {
    const small = (name: string): Model => keep(exchangeable(name, { width: 1 }));
    const asked = { set: { outside: ['layer.unit.*'], fraction: 1 } };
    const { outcome, findings, control } = await twinsOf([small('small'), small('its copy')], asked);
    expect(outcome).toBe('open');
    expect(control).toBeUndefined();
    expect(findings[0]).toEqual({
      code: 'no-control',
      why: 'of each kind one alone can be patched in both models',
      numbers: {},
    });
    expect(findings.map(({ code }) => code)).toContain('responses-alike');
  });
});
