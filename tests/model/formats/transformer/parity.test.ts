/**
 * The forward pass and the interventions against an independent one in numpy.
 * @jest-environment ./tests/helpers/webgpu-environment.ts
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect } from '@jest/globals';
import fc from 'fast-check';
import type { Activation } from '../../../../src/model/model.js';
import { pythonWith } from '../../../helpers/python.js';
import { testUnless } from '../../../helpers/unless.js';
import { absentBackend } from '../../../helpers/webgpu.js';
import { cases } from '../../arbitraries.js';
import { make, type Case } from '../../made.js';
import type { BackendName } from '../../../../src/tensor/backend-names.js';

type Expected = Record<string, { shape: number[]; data: (number | null)[] }>;

const folder = join(process.cwd(), 'tests/parity');
const table = (JSON.parse(readFileSync(join(folder, 'transformer.cases.json'), 'utf8')) as { cases: Case[] }).cases;
const fixture = (JSON.parse(readFileSync(join(folder, 'transformer.fixture.json'), 'utf8')) as { results: Expected[] })
  .results;

const { python, absent: absentNumpy } = pythonWith('numpy');

function numpy(all: readonly Case[]): Expected[] {
  const { status, stdout, stderr } = spawnSync(python, [join(folder, 'transformer.py')], {
    input: JSON.stringify({ cases: all }),
    maxBuffer: 2 ** 28,
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return (JSON.parse(stdout) as { results: Expected[] }).results;
}

/** The largest difference, relative to max(1, |expected|); infinite where shapes differ. `expect` is for what comes of it: of thousands of sites, a call for each takes as long as the models do. */
function difference(got: Activation, expected: Expected[string]): number {
  if (got.shape.join() !== expected.shape.join()) return Infinity;
  let worst = 0;
  expected.data.forEach((value, i) => {
    const own = got.data[i]!;
    if (value === null || own === -Infinity) {
      if (own !== -Infinity || value !== null) worst = Infinity;
    } else {
      const off = Math.abs(own - value) / Math.max(1, Math.abs(value));
      worst = Number.isNaN(off) ? Infinity : Math.max(worst, off);
    }
  });
  return worst;
}

async function compare(one: Case, expected: Expected, on: BackendName, tolerance: number): Promise<void> {
  const model = await make(one, on, 2);
  try {
    const sites = Object.keys(expected).filter((site) => site !== 'logits');
    const apart = one.interventions?.some(({ site }) => /hook_(attn_in|[qkv]_input)$/.test(site)) ?? false;
    if (!apart) expect(model.sites.map(({ name }) => name).toSorted()).toEqual(sites.toSorted());
    const { logits, activations } = await model.run(one.inputs, {
      capture: sites,
      interventions: one.interventions ?? [],
    });
    const off: Record<string, number> = {};
    for (const site of [...sites, 'logits']) {
      const by = difference(site === 'logits' ? logits : activations.get(site)!, expected[site]!);
      if (by > tolerance) off[site] = by;
    }
    expect(off).toEqual({});
  } finally {
    model.dispose();
  }
}

// float32 against float64; webgpu's exp and tanh are rougher
const tolerances = { wasm: 1e-5, cpu: 1e-5, webgpu: 5e-5 };
const backends = ['wasm', 'cpu', 'webgpu'] as const;

describe.each(table.map((one, at) => [one.name!, one, fixture[at]!] as const))('%s', (_, one, expected) => {
  for (const on of backends) {
    // each of their parts has a case of its own, and shaders are seconds to compile
    if (on === 'webgpu' && one.name!.startsWith('as ')) continue;
    testUnless(absentBackend(on))(`every site and the logits as in the fixture, on ${on}`, () =>
      compare(one, expected, on, tolerances[on]),
    );
  }
});

const drawn = fc.sample(cases(), { numRuns: 60, seed: 20 });
/** Of all cases at once, as the process takes longer to start than to compute. */
let computed: readonly [table: Expected[], drawn: Expected[]] | undefined;
function computedNow(): readonly [table: Expected[], drawn: Expected[]] {
  if (computed === undefined) {
    const all = numpy([...table, ...drawn]);
    computed = [all.slice(0, table.length), all.slice(table.length)];
  }
  return computed;
}

testUnless(absentNumpy)('the fixture is what numpy computes now', () => {
  const [now] = computedNow();
  expect(now).toHaveLength(fixture.length);
  now.forEach((result, at) => {
    expect(Object.keys(result)).toEqual(Object.keys(fixture[at]!));
    const off = Object.entries(result)
      .map(([site, { shape, data }]) => {
        const own = { site, shape, data: Float32Array.from(data, (v) => v ?? -Infinity) };
        return [site, difference(own, fixture[at]![site]!)] as const;
      })
      .filter(([, by]) => !(by < 1e-6));
    expect(off).toEqual([]);
  });
});

describe('random models under random interventions, as numpy computes them', () => {
  let expected: Expected[];
  beforeAll(() => {
    expected = absentNumpy ? [] : computedNow()[1];
  });
  // a software adapter compiles every shape's shader: seconds a case
  const counts = { wasm: 60, cpu: 60, webgpu: 3 };
  for (const on of backends)
    testUnless(absentNumpy || absentBackend(on))(`on ${on}`, async () => {
      for (const [at, one] of drawn.slice(0, counts[on]).entries()) {
        try {
          await compare(one, expected[at]!, on, tolerances[on]);
        } catch (error) {
          throw new Error(`case ${at}: ${JSON.stringify(one)}\n${(error as Error).message}`, { cause: error });
        }
      }
    });
});
