/** The committed modular-addition models: real networks, small enough for tests. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from '../../src/model/load.js';
import { accuracy, pairs, range } from '../../src/task/index.js';
import { task } from '../../generators/task.js';

export const exampleFolder = join(__dirname, '..', '..', 'examples', 'modular-addition');
export const example = (name: string) => load(join(exampleFolder, 'models', `${name}.safetensors`));

export const prime = (
  JSON.parse(readFileSync(join(exampleFolder, 'models', 'released.json'), 'utf8')) as { d_vocab: number }
).d_vocab;

export const addition = (atLeast = 0.99) =>
  task({
    name: `addition mod ${prime}`,
    inputs: pairs(range(prime), range(prime)),
    behaviour: accuracy(([a, b]: readonly [number, number]) => (a + b) % prime),
    threshold: { atLeast },
  });
