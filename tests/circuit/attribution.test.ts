import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ablation } from '../../src/circuit/ablation.js';
import { attributedEffects, marginDivergence } from '../../src/circuit/attribution.js';
import { components, sitesOf } from '../../src/circuit/component.js';
import { byGroups, fromTheTop } from '../../src/circuit/group-tests.js';
import type { Transformer } from '../../src/model/formats/transformer/run/model.js';
import { klDivergence } from '../../src/task/behaviour.js';
import { addition, example } from '../helpers/example.js';
import { exactEffects } from '../helpers/exact-effects.js';
import { spearman } from '../helpers/spearman.js';

let model: Transformer;
beforeAll(async () => {
  model = (await example('released')) as Transformer;
});
afterAll(() => model.dispose());

test('what a component adds to a direction is the difference that a small step makes', async () => {
  const batch = [
    [1, 2],
    [5, 40],
  ];
  const [from, to] = [batch, [...batch].reverse()];
  const site = 'blocks.0.attn.hook_z';
  const direction = Float32Array.from({ length: model.config.d_vocab_out }, (_, i) => Math.sin(i));
  const own = (await model.run(from, { capture: [site] })).activations.get(site)!;
  const other = (await model.run(to, { capture: [site] })).activations.get(site)!;
  const found = (await model.attribute!(from, {
    towards: new Map([[site, other]]),
    axes: new Map([[site, 'head']]),
    logits: [-1, -1],
    direction: () => direction,
  }))!;
  const along = async (step: number, head: number): Promise<number[]> => {
    const value = { shape: own.shape, data: own.data.map((x, i) => x + step * (other.data[i]! - x)) };
    const { logits } = await model.run(from, {
      interventions: [{ site, at: { head: [head] }, by: { kind: 'value', value } }],
      logits: [-1, -1],
    });
    const size = logits.shape[1]!;
    return [0, 1].map((row) => direction.reduce((sum, v, i) => sum + v * logits.data[row * size + i]!, 0));
  };
  const step = 2 ** -5;
  for (let head = 0; head < model.config.n_heads; head++) {
    const [ahead, behind] = [await along(step, head), await along(-step, head)];
    for (const row of [0, 1]) {
      const slope = (ahead[row]! - behind[row]!) / (2 * step);
      // the second difference is what a first-order rule leaves out
      expect(Math.abs(found.get(site)!.data[row * model.config.n_heads + head]! - slope)).toBeLessThan(
        0.05 * Math.abs(slope) + 0.05,
      );
    }
  }
});

test('the divergence of two margins is that of two answers', () => {
  for (const [before, after] of [
    [0, 0],
    [3, -2],
    [-1, 4],
    [12, 11],
  ] as const)
    expect(marginDivergence(before, after)).toBeCloseTo(
      klDivergence(Float32Array.of(before, 0), Float32Array.of(after, 0)),
      6,
    );
});

test('estimates rank components as patching each does', async () => {
  const on = addition();
  const examples = on.examples(64, 0);
  const all = components(model);
  const put = await ablation(model, on, examples, sitesOf(all), { by: 'resample', seed: 1 });
  const estimated = (await attributedEffects(model, on, examples, all, put, { seed: 0 }))!;
  const exact = await exactEffects(model, on, examples, all, put);
  expect(
    spearman(
      exact,
      all.map((one) => estimated.get(one)!),
    ),
  ).toBeGreaterThan(0.9);
});

test('tests from the top find every breaker, whatever the order; where tests run out, all that is not told apart counts as one', async () => {
  for (let seed = 0; seed < 40; seed++) {
    const order = Array.from({ length: 100 }, (_, i) => (i * 37 + seed * 11) % 100);
    const bad = new Set([seed, (seed * 7) % 100, 99 - seed]);
    for (const most of [1000, 30, 5]) {
      let tests = 0;
      // others cost something as well: groups of many break without a breaker among them
      const test = async (group: readonly number[]) => {
        tests++;
        return group.reduce((sum, one) => sum + (bad.has(one) ? 3 : 0.04), 0);
      };
      const asked = { test, left: () => most - tests };
      for (const find of [
        () => fromTheTop(order, asked),
        () => byGroups([order.slice(0, 60), order.slice(60, 70), order.slice(70)], asked),
      ]) {
        tests = 0;
        const { breakers, untold } = await find();
        expect(tests).toBeLessThanOrEqual(most);
        for (const one of bad) expect(breakers.has(one)).toBe(true);
        if (most === 1000) expect([breakers, untold]).toEqual([bad, 0]);
      }
    }
  }
});
