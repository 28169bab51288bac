/** Sets whose members have other sites than each other: compiled models of one program with more and fewer layers. */
import { afterAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { variations } from '../../generators/index.js';
import { trainedRuns } from '../../src/implementations/index.js';
import type { Compilation } from '../../src/program/compilation.js';
import { compile } from '../../src/program/compile.js';
import { program } from '../../src/program/program.js';
import { programTask } from '../../src/program/task.js';
import { compare } from '../../src/verdict/compare.js';

const repeats = program(
  { name: 'repeats', vocabulary: ['a', 'b', 'c'], maxLength: 3 },
  ({ tokens, select, width, map }) => map(width(select(tokens, tokens, '==')), (n) => n > 1),
);
const made: Compilation['model'][] = [];
afterAll(() => made.forEach((model) => model.dispose()));

const compiled = async (seed: number, count: number): Promise<Compilation['model'][]> => {
  const models: Compilation['model'][] = [];
  for (const variation of fc.sample(variations(repeats), { seed, numRuns: count }))
    models.push((await compile(repeats, { variation })).model);
  made.push(...models);
  return models;
};

test('they are compared as a whole, and not site by site', async () => {
  const [first, second] = [await compiled(1, 6), await compiled(2, 6)];
  for (const side of [first, second]) expect(new Set(side.map(({ sites }) => sites.length)).size).toBeGreaterThan(1);
  const on = programTask(repeats);
  for (const baseline of [trainedRuns(first), first.find(({ sites }) => sites.length !== second[0]!.sites.length)!]) {
    const { baseline: side, bySite, outcome } = await compare(baseline, trainedRuns(second), { on, seed: 1 });
    expect(bySite).toEqual([]);
    expect(side.implementations.length).toBeGreaterThan(1);
    expect(['equivalent', 'different', 'undecided']).toContain(outcome);
  }
});
