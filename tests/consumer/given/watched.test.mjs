// What congruity/vitest sees of tests: run by consumer.test.ts, with matchers that compute nothing. Some of these fail, and must.
import { beforeAll, describe, expect, test } from 'vitest';
import { momentOf, testOf } from '../node_modules/congruity/dist/esm/matchers/moment.js';
import { tracked } from '../node_modules/congruity/dist/esm/matchers/pending.js';

let running = 0;
const told = [];
expect.extend({
  /** never ends by itself, and stops when it is told to, a little later */
  toWait() {
    return tracked(testOf(this), 'toWait', (signal, say) => {
      running++;
      say('3 of at most 40 rows');
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () =>
          setTimeout(() => {
            running--;
            reject(signal.reason);
          }, 50),
        );
      });
    });
  },
  toTell() {
    const name = testOf(this);
    told.push([name, momentOf(name)]);
    return { pass: true, message: () => '' };
  },
});
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

beforeAll(() => expect(1).toTell());
test('late', { timeout: 200 }, async () => {
  await expect(1).toWait();
});
test('what was left has stopped', () => expect(running).toBe(0));
test('forgotten', () => {
  expect(1).toWait();
});
test('failed beside', () => {
  expect(1).toWait();
  throw new Error('mine');
});
test.concurrent('forgotten beside another', async ({ expect: own }) => {
  own(1).toWait();
  await sleep(30);
});
test.concurrent('another', () => sleep(60));
describe('a > b', () => {
  let tries = 0;
  test('again', { retry: 1 }, () => {
    expect(1).toTell();
    expect(tries++).toBe(1);
  });
  test.each([0, 1])('same', () => {
    expect(1).toTell();
  });
});
test('names, tries and numbers are told', () => {
  expect(told).toEqual([
    ['(beforeAll or afterAll)', undefined],
    ['a > b again', { attempt: 1, occurrence: 0 }],
    ['a > b again', { attempt: 2, occurrence: 0 }],
    ['a > b same', { attempt: 1, occurrence: 0 }],
    ['a > b same', { attempt: 1, occurrence: 1 }],
  ]);
});
