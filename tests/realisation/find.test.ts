/** The search for an alignment finds one of compiled models again, and none of an untrained network. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { OptionError, ProgramError } from '../../src/errors.js';
import { symmetries } from '../../generators/symmetries.js';
import { compile } from '../../src/program/compile.js';
import type { Compilation } from '../../src/program/compilation.js';
import { Apart } from '../../src/program/interchange/apart.js';
import { interchangeAccuracy } from '../../src/program/interchange/accuracy.js';
import type { Part } from '../../src/program/alignment.js';
import { InputPool } from '../../src/program/interchange/inputs.js';
import { InterchangeRunner } from '../../src/program/interchange/runner.js';
import type { Value } from '../../src/program/language/value.js';
import { program as write, type Program } from '../../src/program/program.js';
import { random } from '../../src/random.js';
import { captured } from '../../src/realisation/find/activations.js';
import { subspaces, type Labels } from '../../src/realisation/find/candidates.js';
import { Scorer, type Searched } from '../../src/realisation/find/scoring.js';
import { findAlignment } from '../../src/realisation/find/find.js';
import type { Stage } from '../../src/realisation/find/options.js';
import { errorOf } from '../helpers/error-of';
import { allInputs } from '../program/exact';
import { digits, repeats } from '../program/interchange/programs';

let compiled: Compilation<0 | 1 | 2, boolean>;
beforeAll(async () => {
  compiled = await compile(repeats, { backend: 'wasm' });
});
afterAll(() => compiled.dispose());

test('of a compiled model, every variable in a place of its own, accurate on all inputs; of an untrained one nothing', async () => {
  const { model } = compiled;
  const { alignment, variables, untrained } = await findAlignment(model, repeats, {
    tries: 16,
    stages: ['components', 'neurons'],
  });
  expect(variables.map(({ name }) => name)).toEqual(['tokens', 'often', 'repeated']);
  for (const { searched, heldOut } of variables) {
    expect(searched).toBe(1);
    expect(heldOut.accuracy).toBe(1);
  }
  const { sets, several } = await interchangeAccuracy(model, repeats, { alignment, limit: 900 });
  for (const { all, exhaustive } of sets) expect([all.accuracy, exhaustive]).toEqual([1, true]);
  expect(several!.all.accuracy).toBe(1);
  expect(untrained!.name).toContain('untrained');
  for (const { heldOut } of untrained!.variables) expect(heldOut.accuracy).toBeLessThan(0.5);
});

test.each(['neurons', 'principal components', 'subspaces'] as Stage[])('by %s alone', async (stage) => {
  const [symmetry] = fc.sample(symmetries(compiled.model, { kinds: ['rotate residual'], maxSteps: 1 }), {
    numRuns: 1,
    seed: 1,
  });
  const model = stage === 'neurons' ? compiled.model : await symmetry!.apply();
  const { variables } = await findAlignment(model, repeats, {
    stages: [stage],
    variables: ['repeated'],
    tries: 16,
    turns: 0,
    untrained: compiled.model,
  });
  expect(variables).toMatchObject([{ name: 'repeated', stage, searched: 1, heldOut: { accuracy: 1 } }]);
});

test('a subspace is at right angles to those of other variables at its site, and there is none where they fill it', async () => {
  const [symmetry] = fc.sample(symmetries(compiled.model, { kinds: ['rotate residual'], maxSteps: 1 }), {
    numRuns: 1,
    seed: 1,
  });
  const model = await symmetry!.apply();
  const all = allInputs(digits, 3);
  const [plain, pool] = [
    repeats as unknown as Program,
    new InputPool<Value>(repeats as unknown as Program, all, undefined, true),
  ];
  const everywhere = repeats.variables.map(({ name }) => ({
    name,
    parts: [{ site: model.sites[0]!, at: {} }],
    positions: undefined,
  }));
  const runner = new InterchangeRunner<Value, Value>(model, plain, everywhere, undefined);
  const searched: Searched = {
    model,
    program: plain,
    pool,
    runner,
    apart: new Apart(runner, pool),
    position: undefined,
  };
  const site = model.sites.find(({ name }) => name === 'blocks.0.hook_resid_post')!;
  const { rows, inputs } = await captured(searched);
  const here = rows.filter((one) => one.site === site);
  const labelsOf = (name: string): Labels => {
    const { values } = plain.variables.find((one) => one.name === name)!;
    return {
      labels: inputs.flatMap((input) => plain.run(input).variables[name]!.map((value) => values.indexOf(value))),
      classes: values.length,
    };
  };
  /** where `often` is found if `repeated` is there already */
  const found = async (aligned: Record<string, readonly Part[]>, name: string): Promise<readonly Part[]> => {
    const scorer = new Scorer(searched, name, aligned, 8, random(1, name));
    await subspaces(scorer, here, labelsOf(name), 2, random(1, 'turns'));
    return scorer.best?.parts ?? [];
  };
  const dot = (u: readonly number[], v: readonly number[]): number => u.reduce((sum, x, i) => sum + x * v[i]!, 0);
  const repeated = await found({}, 'repeated');
  const inclination = ([part]: readonly Part[]): number =>
    Math.max(...part!.directions!.flatMap((u) => repeated[0]!.directions!.map((v) => Math.abs(dot(u, v)))));
  // by itself it leans on the other: how often a token occurs decides whether it is repeated
  expect(inclination(await found({}, 'often'))).toBeGreaterThan(0.01);
  const beside = await found({ repeated }, 'often');
  expect(inclination(beside)).toBeLessThan(1e-9);
  for (const u of beside[0]!.directions!) expect(dot(u, u)).toBeCloseTo(1, 9);

  const width = site.shape[1]!;
  const whole = Array.from({ length: width }, (_, i) => Array.from({ length: width }, (_, k) => Number(i === k)));
  expect(await found({ repeated: [{ site: site.name, directions: whole }] }, 'often')).toEqual([]);
});

test('what cannot be', async () => {
  const { model } = compiled;
  await expect(findAlignment(model, repeats, { variables: ['oftne'] })).rejects.toThrow(
    errorOf(ProgramError, 'did you mean "often"'),
  );
  await expect(findAlignment(model, repeats, { stages: ['heads'] as never })).rejects.toThrow(OptionError);
  const still = write({ name: 'still', vocabulary: [0, 1], maxLength: 2 }, ({ indices }) => indices);
  const { model: other, dispose } = await compile(still, { backend: 'wasm' });
  await expect(findAlignment(other, still)).rejects.toThrow(errorOf(OptionError, 'never changes the output'));
  dispose();
});
