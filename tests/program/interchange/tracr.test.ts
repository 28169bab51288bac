/** Compiled programs of Tracr's cases realise them: each variable alone and several at once. */
import { expect, test } from '@jest/globals';
import { compile } from '../../../src/program/compile.js';
import { interchangeAccuracy } from '../../../src/program/interchange/accuracy.js';
import { allInputs } from '../exact';
import { programOf, type Case } from '../tracr';
import table from '../tracr-cases.json';

const { either, full } = table as unknown as Readonly<Record<'either' | 'full', readonly Case[]>>;
/** One example of each program, but for the largest. */
const programs = [
  ...new Map([...either, ...full].map((one) => [one.name.replace(/^(?!sort|make_nary)(.*)_\d$/, '$1'), one])),
].filter(([name]) => name !== 'shuffle_dyck3');

/** All inputs up to a length, as long as they are few, and the case's own. */
function inputsOf({ vocabulary, maxLength, input }: Case) {
  let length = 1;
  while (length < maxLength && vocabulary.length ** (length + 1) <= 40) length++;
  return [...allInputs(vocabulary, length), input, [...input].reverse()];
}

test.each(programs)('%s', async (_, one) => {
  const program = programOf(one, false);
  const { model, alignment, dispose } = await compile(program, { backend: 'wasm' });
  const { untouched, sets, several } = await interchangeAccuracy(model, program, {
    alignment,
    inputs: inputsOf(one),
    limit: 40,
  });
  expect(untouched.accuracy).toBe(1);
  for (const { variables, all } of [...sets, ...(several ? [several] : [])])
    expect([variables, all.accuracy]).toEqual([variables, 1]);
  dispose();
});
