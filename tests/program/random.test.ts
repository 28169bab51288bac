/** Random programs: the evaluator against brute force, and compiled models against the evaluator. */
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { CompilationError } from '../../src/errors.js';
import type { Compilation } from '../../src/program/compilation.js';
import { compile } from '../../src/program/compile.js';
import type { Program } from '../../src/program/program.js';
import { allInputs, differences } from './exact';
import { bruteForce, build, plains, type Plain } from './random';

const close = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length &&
  a.every((value, i) =>
    typeof value === 'number' && typeof b[i] === 'number' ? Math.abs(value - b[i]) < 1e-9 : value === b[i],
  );
const inputsOf = ({ vocabulary, maxLength }: Program): number[][] =>
  allInputs(vocabulary as readonly number[], maxLength);
const stepOf = (name: string): number => Number(name.replace('step ', ''));

describe('the evaluator', () => {
  test('gives what brute force gives, of every variable on every input', () =>
    fc.assert(
      fc.property(plains(6), (plain) => {
        const program = build(plain);
        for (const input of inputsOf(program)) {
          const reference = bruteForce(plain, input);
          const { output, variables } = program.run(input);
          const rows = Object.entries(variables).filter(([name]) => name.startsWith('step'));
          const wrong = rows.filter(([name, row]) => !close(row, reference[stepOf(name)]!));
          if (wrong.length > 0 || !close(output, reference.at(-1)!))
            expect([input, output, wrong]).toEqual([input, reference, []]);
        }
      }),
      { numRuns: 25 },
    ));

  test('goes on with values that are set', () =>
    fc.assert(
      fc.property(plains(6), fc.infiniteStream(fc.nat()), (plain, draws) => {
        const program = build(plain);
        const draw = (below: number): number => draws.next().value! % below;
        const steps = program.variables.filter(({ name }) => name.startsWith('step'));
        for (const input of inputsOf(program).slice(-20)) {
          const { name, values } = steps[draw(steps.length)]!;
          // one that says where each position is may only be set to what does as well
          const row = program.run(input).variables[name]!;
          const given =
            new Set(row).size === row.length ? row.toReversed() : input.map(() => values[draw(values.length)]!);
          const reference = bruteForce(plain, input, new Map([[stepOf(name), given]]));
          const { output } = program.run(input, { set: { [name]: given } });
          if (!close(output, reference.at(-1)!)) expect([input, name, given, output]).toEqual(reference.at(-1));
        }
      }),
      { numRuns: 20 },
    ));
});

/** Compiles it, and frees it; undefined where float32 or the limits refuse it. */
async function compiling(
  plain: Plain,
  use: (compiled: Compilation, inputs: number[][]) => Promise<void>,
): Promise<boolean> {
  const program = build(plain);
  let compiled: Compilation;
  try {
    compiled = await compile(program, { backend: 'wasm', limits: { bytes: 2 ** 22 } });
  } catch (error) {
    if (error instanceof CompilationError) return false;
    throw error;
  }
  try {
    await use(compiled, inputsOf(program));
  } finally {
    compiled.dispose();
  }
  return true;
}

describe('the compiler', () => {
  test('is exact: the output and every variable at every place on every input, or an error that says why not', async () => {
    let exact = 0;
    await fc.assert(
      fc.asyncProperty(plains(5), async (plain) => {
        exact += Number(
          await compiling(plain, async (compiled, inputs) =>
            expect(await differences(compiled, inputs.slice(-80))).toEqual([]),
          ),
        );
      }),
      { numRuns: 40, endOnFailure: true },
    );
    // of 1500 one was refused
    expect(exact).toBeGreaterThan(30);
  });

  test('gives causal models: what is set in the residual stream goes on as in the program', async () => {
    await fc.assert(
      fc.asyncProperty(plains(5), fc.infiniteStream(fc.nat()), (plain, draws) =>
        compiling(plain, async (compiled, inputs) => {
          const { program } = compiled;
          const some = inputs.slice(-30);
          const { name, values } = program.variables[draws.next().value! % program.variables.length]!;
          const set = some.map((input) => {
            const row = program.run(input).variables[name]!;
            const free = new Set(row).size < row.length;
            return {
              [name]: free
                ? row.map(() => [undefined, ...values][draws.next().value! % (values.length + 1)])
                : row.toReversed(),
            };
          });
          expect(await compiled.run(some, { set })).toEqual(
            some.map((input, i) => program.run(input, { set: set[i] })),
          );
        }).then(() => undefined),
      ),
      { numRuns: 25, endOnFailure: true },
    );
  });
});
