/** The search for an alignment finds one of compiled models again, and none of an untrained network. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { OptionError, ProgramError } from '../../src/errors.js';
import { symmetries } from '../../generators/symmetries.js';
import { compile } from '../../src/program/compile.js';
import type { Compilation } from '../../src/program/compilation.js';
import { interchangeAccuracy } from '../../src/program/interchange/accuracy.js';
import { program as write } from '../../src/program/program.js';
import { findAlignment } from '../../src/realisation/find/find.js';
import type { Stage } from '../../src/realisation/find/options.js';
import { errorOf } from '../helpers/error-of';
import { repeats } from '../program/interchange/programs';

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
