/** Which program a model is nearest to. */
import { afterAll, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { BehaviourError, InputError, OptionError } from '../../src/errors.js';
import { compile } from '../../src/program/compile.js';
import { requireDoesTask } from '../../src/program/does-task.js';
import type { Value } from '../../src/program/language/value.js';
import { program as write, type Program } from '../../src/program/program.js';
import { programTask } from '../../src/program/task.js';
import { permutationPrograms } from '../../suites/n-permutation/programs.js';
import { variations } from '../../generators/variations.js';
import { nearestProgram } from '../../search/nearest.js';
import { errorOf } from '../helpers/error-of';

const programs = permutationPrograms(3) as unknown as Record<string, Program>;
const [sorting, repeats, values] = [
  programs['sort, differences']!,
  programs['count, repeats']!,
  programs['count, values']!,
];
const ordering = (order: '<' | '>'): Program =>
  write({ name: order, vocabulary: [0, 1, 2], maxLength: 3 }, (rasp) => {
    const { tokens, indices, select, and, or, width, aggregate } = rasp;
    const before = or(select(tokens, tokens, order), and(select(tokens, tokens, '=='), select(indices, indices, '<')));
    return aggregate(select(width(before), indices, '=='), tokens);
  }) as unknown as Program;
const made: { dispose(): void }[] = [];
afterAll(() => {
  for (const one of made) one.dispose();
});

test('an implementation of a program is nearer to others of it than to those of a rival; of the rival, farther', async () => {
  const [variation] = fc.sample(variations(repeats), { numRuns: 1, seed: 5 });
  const compiled = await compile(repeats, { backend: 'wasm', variation: variation! });
  made.push(compiled);
  const options = { draws: 24, backend: 'wasm' } as const;
  const found = await nearestProgram(compiled.model, repeats, { ...options, ratherThan: [sorting] });
  expect(found).toMatchObject({ program: repeats.name, outcome: 'nearer', rivals: [{ program: sorting.name }] });
  const [{ tried, nearer, share, distance }] = found.rivals as [(typeof found.rivals)[number]];
  expect(share.low).toBeGreaterThan(0.5);
  expect(nearer / tried).toBe(share.estimate);
  expect(found.distance).toBeLessThan(distance);
  const other = await nearestProgram(compiled.model, sorting, { ...options, ratherThan: [values, repeats] });
  expect(other.outcome).toBe('farther');
  expect(other.rivals[1]).toMatchObject({ program: repeats.name, is: 'farther' });
});

test('between two names of one program it is open, or wrong at the level; asked again it is the same', async () => {
  const compiled = await compile(values, { backend: 'wasm' });
  made.push(compiled);
  const copy = (permutationPrograms(3) as unknown as Record<string, Program>)['count, values']!;
  const options = { ratherThan: [copy], draws: 8, alpha: 1e-7, backend: 'wasm' } as const;
  const found = await nearestProgram(compiled.model, values, options);
  const { outcome, rivals } = found;
  // eight pairs cannot be certain at this level, whatever the seed
  expect([outcome, rivals[0]!.is, rivals[0]!.tried]).toEqual(['open', 'open', 8]);
  expect(await nearestProgram(compiled.model, values, options)).toEqual(found);
});

test('what cannot be judged', async () => {
  const compiled = await compile(values, { backend: 'wasm' });
  made.push(compiled);
  const { model } = compiled;
  await expect(nearestProgram(model, values, { ratherThan: [] })).rejects.toThrow(OptionError);
  await expect(nearestProgram(model, values, { draws: 1 })).rejects.toThrow(OptionError);
  await expect(nearestProgram(model, values, { ratherThan: [values] })).rejects.toThrow(
    errorOf(OptionError, 'its own rivals'),
  );
  await expect(nearestProgram(model, {} as never, { ratherThan: [values] })).rejects.toThrow(
    errorOf(OptionError, 'no program'),
  );
  await expect(nearestProgram({} as never, values, { ratherThan: [repeats] })).rejects.toThrow(OptionError);
  const small = write(
    { name: 'small', vocabulary: [0, 1], maxLength: 3 },
    ({ tokens }) => tokens,
  ) as unknown as Program;
  await expect(nearestProgram(model, values, { ratherThan: [small], backend: 'wasm' })).rejects.toThrow(InputError);
  const other = write({ name: 'other', vocabulary: [0, 1, 2], maxLength: 3 }, ({ tokens, map }) =>
    map(tokens, (t) => t === 0),
  ) as unknown as Program;
  await expect(nearestProgram(model, other, { ratherThan: [values] })).rejects.toThrow(BehaviourError);
  // alike inside as it may be, it does not compute what gives other answers
  const { model: sorts, ...of } = await compile(ordering('<'), { backend: 'wasm' });
  made.push(of);
  await expect(
    nearestProgram(sorts, ordering('>'), { on: programTask(ordering('<')), backend: 'wasm' }),
  ).rejects.toThrow(errorOf(OptionError, '> gives the right answer of the task for at most'));
});

test('a task of one’s own may call the outputs something else', async () => {
  const sort = ordering('<');
  const { model, ...of } = await compile(sort, { backend: 'wasm' });
  made.push(of);
  const own = programTask(sort);
  // as a model has it whose classes lie in another order
  const renamed = {
    ...own,
    behaviour: {
      ...own.behaviour,
      answer: (input: readonly Value[]) => `class ${String(own.behaviour.answer!(input))}`,
    },
  };
  expect(() => requireDoesTask(sort, renamed, own.examples(100, 0).inputs, -1)).not.toThrow();
  expect(() => requireDoesTask(sort, renamed, own.examples(100, 0).inputs, 0)).toThrow(OptionError);
  const options = { draws: 8, alpha: 1e-7, backend: 'wasm' } as const;
  expect(await nearestProgram(model, sort, { ...options, on: own })).toEqual(
    await nearestProgram(model, sort, options),
  );
});
