/** Interchanges at some positions: which there are, and that the model gets just these replaced. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Compilation } from '../../../src/program/compilation.js';
import { compile } from '../../../src/program/compile.js';
import { Apart } from '../../../src/program/interchange/apart.js';
import { inputsOf } from '../../../src/program/interchange/inputs.js';
import { placesOf } from '../../../src/program/interchange/places.js';
import { InterchangeRunner, type Interchange } from '../../../src/program/interchange/runner.js';
import { random } from '../../../src/random.js';
import { sort } from './programs';

type Digit = 0 | 1 | 2;
let sorting: Compilation<Digit, Digit | null>;
beforeAll(async () => {
  sorting = await compile(sort, { backend: 'wasm' });
});
afterAll(() => sorting.dispose());

const pool = inputsOf(sort, random(0, 'inputs'), undefined);
const runnerOf = (names: readonly string[]) => {
  const alignment = Object.fromEntries(names.map((name) => [name, sorting.alignment[name]!]));
  return new InterchangeRunner(sorting.model, sort, placesOf(sorting.model, sort, alignment), undefined);
};

test('only the positions that are named are replaced, by hand as well', async () => {
  const runner = runnerOf(['place', 'sorted']);
  const [part] = sorting.alignment['sorted']!;
  const base: Digit[] = [2, 0, 1];
  const source: Digit[] = [1, 1, 0];
  const { site, at } = part!;
  const { activations } = await sorting.model.run([sort.encode(source)], { capture: [site], logits: false });
  for (const positions of [[0], [1], [2], [0, 2], [1, 2], [0, 1, 2]]) {
    const [found] = await runner.run([{ base, sources: { sorted: source }, positions: { sorted: positions } }]);
    const { logits } = await sorting.model.run([sort.encode(base)], {
      interventions: [
        {
          site,
          at: { ...at, position: positions.map((i) => i + 1) },
          by: { kind: 'value', value: activations.get(site)! },
        },
      ],
    });
    const classes = sort.outputs.length;
    const byHand = base.map((_, i) => {
      const own = [...logits.data.subarray((i + 1) * classes, (i + 2) * classes)];
      return sort.outputs[own.indexOf(Math.max(...own))];
    });
    // sorted are 0, 1, 2 and 0, 1, 1
    const expected = [0, 1, 2].map((i) => [0, 1, positions.includes(2) ? 1 : 2][i]);
    expect([found!.answers, found!.expected, byHand]).toEqual([expected, expected, expected]);
  }
});

test('rows with other positions, other lengths and several variables go in one batch', async () => {
  const runner = runnerOf(['place', 'sorted']);
  const apart = new Apart(runner, pool);
  const stream = random(3, 'draws');
  const list = Array.from({ length: 80 }, (_, k): Interchange<Digit> => {
    const base = pool.draw(stream);
    const drawn = (): readonly Digit[] => pool.draw(stream, base.length);
    const whole: Interchange<Digit> = {
      base,
      sources: k % 2 === 0 ? { sorted: drawn() } : { place: drawn(), sorted: drawn() },
    };
    return apart.draw(whole, stream) ?? whole;
  });
  expect(list.filter(({ positions }) => positions !== undefined).length).toBeGreaterThan(20);
  const found = await runner.run(list);
  for (const [i, one] of found.entries()) {
    expect(one.answers).toEqual(one.expected);
    if (i < 20) expect(one).toEqual((await runner.run([list[i]!]))[0]);
  }
});

test('a mixture that leads the program where no input does is left out', () => {
  const apart = new Apart(runnerOf(['place']), pool);
  const of = (base: Digit[], source: Digit[], positions: number[]): boolean =>
    apart.allows({ base, sources: { place: source }, positions: { place: positions } });
  // places 0, 1, 2 and 1, 0, 2
  expect(of([0, 1, 2], [1, 0, 2], [0, 1])).toBe(true);
  expect(of([0, 1, 2], [1, 0, 2], [2])).toBe(true);
  // 1 twice, 0 never
  expect(of([0, 1, 2], [1, 0, 2], [0])).toBe(false);
  expect(of([0, 1, 2], [1, 0, 2], [])).toBe(false);
  expect(of([0, 1, 2], [1, 0, 2], [3])).toBe(false);
  expect(
    apart.allows({ base: [0, 1], sources: { place: [1, 0] }, positions: { sorted: [0] } } as Interchange<Digit>),
  ).toBe(false);
  // one position cannot be apart
  const stream = random(1, 'draw');
  expect(apart.draw({ base: [0], sources: { place: [1] } }, stream)).toBeUndefined();
  for (let i = 0; i < 50; i++) {
    const one = apart.draw({ base: [0, 1, 2], sources: { place: [1, 0, 2] } }, stream);
    if (one) expect([[2], [0, 1]]).toContainEqual(one.positions!['place']);
  }
});
