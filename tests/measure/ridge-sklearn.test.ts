import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { linearCka, procrustesMeasure, ridgeFits, splitInputs, type Gram } from '../../src/measure';
import { random } from '../../src/random';
import { gramOf } from '../../src/representation/gram';
import { pythonWith } from '../helpers/python';
import { testUnless } from '../helpers/unless';
import { lowRank, mapFeatures, normals, stream, times, type Features } from './data';

interface Answer {
  alpha: number;
  r2: number;
  cka: number;
  procrustes: number;
}

interface Side {
  readonly gram: Gram;
}

const script = join(__dirname, '../parity/ridge.py');

async function compare(
  x: Side,
  y: Side,
  train: ArrayLike<number>,
  test_: ArrayLike<number>,
  alphas: number[],
  want: Answer,
): Promise<void> {
  const split = { train: Uint32Array.from(train), test: Uint32Array.from(test_) };
  const fit = await ridgeFits([x.gram], [y.gram], split, { alphas });
  expect(fit.alpha[0]).toBe(want.alpha);
  expect(Math.abs(fit.r2[0]! - want.r2)).toBeLessThan(1e-6);
  expect(Math.abs((await linearCka([x.gram, y.gram]))[1]! - want.cka)).toBeLessThan(1e-9);
  const angle = (await procrustesMeasure({ maxInputs: Infinity }).distances([x.gram, y.gram], { seed: 0 })).data[1]!;
  expect(Math.abs(Math.cos((angle * Math.PI) / 2) - want.procrustes)).toBeLessThan(1e-7);
}

const fixture = JSON.parse(readFileSync(join(__dirname, '../parity/ridge-fixture.json'), 'utf8')) as {
  made_by: string;
  cases: {
    name: string;
    alphas: number[];
    train: number[];
    test: number[];
    x: number[][];
    y: number[][];
    expected: Answer;
  }[];
};

const sideOf = (rows: number[][]): Side => ({
  gram: gramOf({ data: Float32Array.from(rows.flat()), shape: [rows.length, rows[0]!.length] }),
});

test.each(fixture.cases)(
  'the committed answers of scikit-learn and numpy: $name',
  async ({ x, y, train, test: held, alphas, expected }) => {
    await compare(sideOf(x), sideOf(y), train, held, alphas, expected);
  },
);

test('the committed cases choose each of the penalties', () => {
  expect(new Set(fixture.cases.map(({ expected }) => expected.alpha))).toEqual(new Set([0.1, 1, 10]));
});

interface Case {
  name: string;
  n: number;
  x: (n: number) => Features;
  y: (n: number) => Features;
}

const scaled = (f: Features, c: number): Features => mapFeatures(f, (v) => c * v);
/** two views of the same few directions, plus noise */
function related(
  n: number,
  p: number,
  q: number,
  rank: number,
  noise: number,
  seed: number,
  scale = 1,
): Pick<Case, 'x' | 'y' | 'n'> {
  const view = (width: number, label: number) => (): Features => {
    const shared = normals(stream(seed), n, rank);
    const r = stream(seed + label);
    const signal = times(shared, normals(r, rank, width));
    const extra = normals(r, n, width);
    return scaled({ data: signal.data.map((v, at) => v + noise * extra.data[at]! + 2), shape: [n, width] }, scale);
  };
  return { n, x: view(p, 1), y: view(q, 2) };
}

const cases: Case[] = [
  { name: 'p far below n', ...related(300, 10, 7, 6, 0.5, 1) },
  { name: 'p far above n', ...related(60, 700, 900, 12, 0.5, 2) },
  { name: 'p far above n, no noise, rank 12', ...related(80, 500, 400, 12, 0, 3) },
  { name: 'p about the training inputs', ...related(100, 90, 90, 20, 0.1, 4) },
  { name: 'full rank noise', ...related(120, 150, 150, 0, 1, 5) },
  { name: 'large values, eigenvalues to 1e8', ...related(150, 200, 200, 10, 0.05, 6, 100) },
  { name: 'small values: the penalties rule', ...related(150, 100, 60, 10, 0.3, 7, 0.01) },
  { name: 'one feature predicts one', ...related(50, 1, 1, 1, 0.4, 8) },
  {
    name: 'a rank of one, spread over many features',
    n: 40,
    x: (n) => lowRank(stream(9), n, 50, 1),
    y: (n) => lowRank(stream(10), n, 30, 1),
  },
  { name: '400 inputs, 640 features', ...related(400, 640, 640, 40, 0.3, 11) },
];

const { python, absent } = pythonWith('numpy', 'sklearn', 'threadpoolctl');

testUnless(absent)('scikit-learn on this machine, asked now', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ridge-'));
  try {
    const sides: { x: Side; y: Side; train: number[]; test: number[] }[] = [];
    const spec = cases.map(({ n, x, y }, index) => {
      const write = (name: string, f: Features) => {
        const data = Float32Array.from(f.data);
        writeFileSync(join(folder, `${index}${name}`), new Uint8Array(data.buffer));
        return { side: { gram: gramOf({ data, shape: f.shape }) }, entry: { file: `${index}${name}`, shape: f.shape } };
      };
      const [a, b] = [write('x', x(n)), write('y', y(n))];
      const split = splitInputs(n, 0.1, random(index, 'parity').below(1000), 0);
      sides.push({ x: a.side, y: b.side, train: [...split.train], test: [...split.test] });
      return { x: a.entry, y: b.entry, train: [...split.train], test: [...split.test], alphas: [0.1, 1, 10] };
    });
    writeFileSync(join(folder, 'cases.json'), JSON.stringify(spec));
    const env = { ...process.env, OPENBLAS_NUM_THREADS: '1' };
    const { status, stdout, stderr } = spawnSync(python, [script, join(folder, 'cases.json')], {
      encoding: 'utf8',
      env,
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const answers = JSON.parse(stdout) as Answer[];
    expect(answers).toHaveLength(cases.length);
    const failures: string[] = [];
    for (const [index, want] of answers.entries()) {
      const { x, y, train, test: held } = sides[index]!;
      await compare(x, y, train, held, [0.1, 1, 10], want).catch((reason: Error) =>
        failures.push(`${cases[index]!.name}: ${reason.message}`),
      );
    }
    expect(failures).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
