// Interpretation tests beside training code: a network is looked at after each epoch, in the process that trains it.
//   npx jest --config examples/training/jest.config.cjs
import * as tf from '@tensorflow/tfjs-core';
import type { Sequential } from '@tensorflow/tfjs-layers';
import { accuracy, backend, BehaviourError, compare, pairs, range, task, tfjsModel } from 'congruity';
import 'congruity/setup';
import { network, prime, train } from './network';

const addition = task({
  name: `addition mod ${prime}`,
  inputs: pairs(range(prime), range(prime)),
  behaviour: accuracy(([a, b]: [number, number]) => (a + b) % prime),
  threshold: { atLeast: 0.95 },
});
/** Fewer implementations and inputs than the defaults: a few seconds for each check. */
const quick = { on: addition, budget: { draws: 11 }, inputs: 200 };

let trained: Sequential;
beforeAll(async () => {
  // congruity's wasm backend has products repaired that tfjs's own computes slowly
  await backend({ backend: 'wasm' });
  await tf.setBackend('wasm');
});

test('after each epoch: does it still add the way it did an epoch ago?', async () => {
  const net = network(1);
  // a second network of the same shape holds the weights of the last look
  const before = network(1);
  const said: string[] = [];
  await train(net, 5, async (epoch, accuracyNow) => {
    let outcome: string;
    try {
      ({ outcome } = await compare(
        tfjsModel(before, { name: `epoch ${epoch - 1}` }),
        tfjsModel(net, { name: `epoch ${epoch}` }),
        { ...quick, alsoReport: [], shrink: false },
      ));
    } catch (error) {
      // a network that cannot add yet has no way of adding
      if (!(error instanceof BehaviourError)) throw error;
      outcome = 'not judged';
    }
    said.push(outcome);
    console.log(`epoch ${epoch}: accuracy ${accuracyNow.toFixed(3)}, ${outcome}`);
    before.setWeights(net.getWeights());
  });
  expect(said[0]).toBe('not judged');
  expect(said.at(-1)).toBe('equivalent');
  trained = net;
});

test('a run from another start is as accurate, and adds in another way', async () => {
  const other = network(2);
  await train(other, 5);
  await expect(tfjsModel(other, { name: 'start 2' })).not.toBeInterpretivelyEquivalent(
    tfjsModel(trained, { name: 'start 1' }),
    quick,
  );
});
