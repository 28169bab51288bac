// As a Jest test: what a project would keep beside its training code.
//   npx jest --config examples/modular-addition/jest.config.cjs
import { join } from 'node:path';
import { accuracy, load, pairs, range, task } from 'congruity';
import 'congruity/setup';

const addition = task({
  name: 'addition mod 43',
  inputs: pairs(range(43), range(43)),
  behaviour: accuracy(([a, b]: [number, number]) => (a + b) % 43),
  threshold: { atLeast: 0.99 },
});

const model = (name: string) => load(join(__dirname, 'models', `${name}.safetensors`));

test('the release still adds the way the last one did', async () => {
  await expect(await model('finetuned-further')).toBeInterpretivelyEquivalent(await model('released'), {
    on: addition,
  });
});

test('another mechanism is found out, though it is just as accurate', async () => {
  await expect(await model('constant-attention')).not.toBeInterpretivelyEquivalent(await model('released'), {
    on: addition,
  });
});
