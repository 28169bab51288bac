/** Programs of Tracr's published test cases: the evaluator and the compiled model against the outputs that Tracr's authors expect. */
import { describe, expect, test } from '@jest/globals';
import { compile } from '../../src/program/compile.js';
import table from './tracr-cases.json';
import { allInputs, differences } from './exact';
import { programOf, type Case } from './tracr';

const { either, full, causal, relativeTolerance } = table as unknown as {
  readonly either: readonly Case[];
  readonly full: readonly Case[];
  readonly causal: readonly Case[];
  readonly relativeTolerance: number;
};
const cases = [
  ...[...either, ...full].map((one) => ({ one, causal: false })),
  ...[...either, ...causal].map((one) => ({ one, causal: true })),
].map((each) => [`${each.one.name}${each.causal ? ', causal' : ''}`, each] as const);

/** Inputs on which every variable is compared: all up to a length, as long as they are few enough. */
function inputsOf<T>(vocabulary: readonly T[], maxLength: number): T[][] {
  let length = 1;
  while (length < maxLength && vocabulary.length ** (length + 1) <= 40) length++;
  return allInputs(vocabulary, length);
}

test('the table has as many cases as were taken', () =>
  expect([either.length, full.length, causal.length]).toEqual([10, 33, 1]));

describe.each(cases)('%s', (_, { one, causal: isCausal }) => {
  const program = programOf(one, isCausal);
  const expected = one.output.map((value) =>
    typeof value === 'number' ? expect.closeTo(value, -Math.log10(relativeTolerance * Math.abs(value) + 1e-9)) : value,
  );

  test('the evaluator gives what Tracr expects', () => expect(program.run(one.input).output).toEqual(expected));

  test('so does the compiled model, and it holds every variable', async () => {
    const compiled = await compile(program, { backend: 'wasm' });
    try {
      const [run] = await compiled.run([one.input]);
      expect(run!.output).toEqual(expected);
      expect(await differences(compiled, [one.input, ...inputsOf(one.vocabulary, one.maxLength)])).toEqual([]);
    } finally {
      compiled.dispose();
    }
  });
});
