// Runs each function that misbehaves; a line of JSON for each.
import { createRequire } from 'node:module';
import { dist, inside } from './place.mjs';

const require = createRequire(import.meta.url);
const { accuracy, compare, model, pairs, range, task } = require(dist('index.js'));
const { isCongruityError } = inside('src/errors');

const p = 5;
const right = ({ inputs, capture, patches }) => {
  const data = Float32Array.from(inputs.flatMap(([a, b]) => [a, b, (a + b) % p]));
  if (patches[0])
    for (let i = 0; i < data.length; i++) if (!patches[0].mask || patches[0].mask[i]) data[i] = patches[0].values[i];
  const logits = Float32Array.from({ length: inputs.length * p }, (_, i) =>
    Math.round(data[3 * Math.floor(i / p) + 2]) === i % p ? 5 : 0,
  );
  return {
    logits: { shape: [inputs.length, p], data: logits },
    activations: Object.fromEntries(capture.map((site) => [site, { shape: [inputs.length, 3], data }])),
  };
};
const made = (run, more = {}) =>
  model({
    name: 'm',
    fingerprint: String(run),
    sites: [{ name: 'a', axes: ['feature'], shape: [3], parts: ['feature'] }],
    timeout: 1000,
    run,
    ...more,
  });
const sums = (more = {}) =>
  task({
    name: 'sums',
    inputs: pairs(range(p), range(p)),
    behaviour: accuracy(([a, b]) => (a + b) % p),
    threshold: { atLeast: 0.9 },
    ...more,
  });
const options = {
  budget: { draws: 12 },
  splits: 1,
  bootstrap: 500,
  permutations: 199,
  alsoReport: [],
  set: { search: { budget: 30, rankOn: 10 } },
};
const judged = (run, on = sums(), more) => compare(made(right), made(run, more), { on, ...options });
let calls = 0;
const later = (then) => (request) => (++calls > 2 ? then(request) : right(request));
const changed = (change) => (request) => change(right(request), request);
const data = (value) =>
  changed((answer) => ({ ...answer, logits: { ...answer.logits, data: answer.logits.data.map(() => value) } }));

/** `may`: it cannot be told from a model that behaves */
const cases = {
  throws: () =>
    judged(() => {
      throw new Error('no');
    }),
  'throws a text': () =>
    judged(() => {
      throw 'no';
    }), // oxlint-disable-line no-throw-literal
  'throws nothing': () =>
    judged(() => {
      throw undefined;
    }), // oxlint-disable-line no-throw-literal
  'throws later': () =>
    judged(
      later(() => {
        throw new Error('no');
      }),
    ),
  rejects: () =>
    judged(async () => {
      throw new Error('no');
    }),
  'never answers': () =>
    judged(
      () =>
        new Promise(() => {
          setTimeout(() => undefined, 5000);
        }),
    ),
  'never answers later': () =>
    judged(
      later(
        () =>
          new Promise(() => {
            setTimeout(() => undefined, 5000);
          }),
      ),
    ),
  'gives nothing': () => judged(() => undefined),
  'gives null': () => judged(() => null),
  'gives a number': () => judged(() => 1),
  'gives a function': () => judged(() => () => 1),
  'gives itself': () =>
    judged(() => {
      const all = {};
      all.activations = all;
      all.logits = all;
      return all;
    }),
  'gives what throws when it is read': () =>
    judged(
      () =>
        new Proxy(
          {},
          {
            get(_, key) {
              if (key === 'then') return undefined;
              throw new Error('no');
            },
          },
        ),
    ),
  'a then that throws': () =>
    judged(() => ({
      // oxlint-disable-next-line unicorn/no-thenable
      then() {
        throw new Error('no');
      },
    })),
  'no logits': () => judged(changed(({ activations }) => ({ activations }))),
  'no activations': () => judged(changed(({ logits }) => ({ logits }))),
  'other sites': () => judged(changed(({ logits }) => ({ logits, activations: { b: { shape: [1], data: [1] } } }))),
  'a shape that is none': () => judged(changed((answer) => ({ ...answer, logits: { ...answer.logits, shape: 'x' } }))),
  'a negative shape': () => judged(changed((answer) => ({ ...answer, logits: { ...answer.logits, shape: [-1, p] } }))),
  'a huge shape': () =>
    judged(
      changed((answer, { inputs }) => ({
        ...answer,
        logits: { shape: [inputs.length, 2 ** 40], data: answer.logits.data },
      })),
    ),
  'a shape beyond all numbers': () =>
    judged(
      changed((answer, { inputs }) => ({
        ...answer,
        logits: { shape: [inputs.length, 2 ** 53], data: answer.logits.data },
      })),
    ),
  'a length that lies': () =>
    judged(
      changed((answer) => ({ ...answer, logits: { ...answer.logits, data: { length: answer.logits.data.length } } })),
    ),
  BigInts: () =>
    judged(
      changed((answer) => ({
        ...answer,
        logits: { ...answer.logits, data: BigInt64Array.from({ length: answer.logits.data.length }) },
      })),
    ),
  texts: () =>
    judged(
      changed((answer) => ({ ...answer, logits: { ...answer.logits, data: Array.from(answer.logits.data, String) } })),
    ),
  holes: () =>
    judged(changed((answer) => ({ ...answer, logits: { ...answer.logits, data: Array(answer.logits.data.length) } }))), // oxlint-disable-line unicorn/no-new-array
  NaN: () => judged(data(NaN)),
  infinity: () => judged(data(Infinity)),
  'NaN in an activation': () =>
    judged(
      changed((answer) => {
        for (const one of Object.values(answer.activations)) one.data.fill(NaN);
        return answer;
      }),
    ),
  'another number of classes later': () =>
    judged(
      later(
        changed((answer, { inputs }) => ({
          ...answer,
          logits: { shape: [inputs.length, 3], data: new Float32Array(3 * inputs.length) },
        })),
      ),
    ),
  'more rows than were asked for': () =>
    judged(
      changed((answer, { inputs }) => ({
        ...answer,
        logits: { shape: [inputs.length + 1, p], data: new Float32Array((inputs.length + 1) * p) },
      })),
    ),
  'passes over patches': () => judged((request) => right({ ...request, patches: [] })),
  'another answer each time': () =>
    judged(
      changed((answer) => {
        answer.logits.data.forEach((_, i, all) => {
          all[i] += Math.random();
        });
        return answer;
      }),
    ),
  'changes its inputs': () =>
    judged((request) => {
      const answer = right(request);
      for (const row of request.inputs)
        try {
          row[0] = 99;
          row.length = 0;
        } catch {
          /* frozen */
        }
      return answer;
    }),
  'changes its request': () =>
    judged((request) => {
      const answer = right(request);
      try {
        request.capture.length = 0;
        request.patches.length = 0;
      } catch {
        /* frozen */
      }
      return answer;
    }),
  'keeps and changes what it gave': () =>
    judged(
      (() => {
        const kept = [];
        return (request) => {
          for (const one of kept) one.fill(7);
          const answer = right(request);
          kept.push(answer.logits.data, ...Object.values(answer.activations).map((each) => each.data));
          return answer;
        };
      })(),
    ),
  'disposes badly': async () => {
    made(right, {
      dispose: () => {
        throw new Error('no');
      },
    }).dispose();
  },
  'a fingerprint that throws': () =>
    judged(right, sums(), {
      fingerprint: () => {
        throw new Error('no');
      },
    }),
  'a fingerprint that is none': () => judged(right, sums(), { fingerprint: () => 5 }),
  'a check that throws': () =>
    judged(right, sums(), {
      check: () => {
        throw new Error('no');
      },
    }),
  'a behaviour that throws': () =>
    judged(
      right,
      sums({
        behaviour: accuracy(() => {
          throw new Error('no');
        }),
      }),
    ),
  'a behaviour that gives a text': () => judged(right, sums({ behaviour: accuracy(() => 'x') })),
  'a behaviour that gives NaN': () => judged(right, sums({ behaviour: accuracy(() => NaN) })),
  'a behaviour that gives a token there is not': () => judged(right, sums({ behaviour: accuracy(() => 1e9) })),
  'inputs that throw': () =>
    judged(
      right,
      sums({
        inputs: () => {
          throw new Error('no');
        },
      }),
    ),
  'inputs of nothing': () => judged(right, sums({ inputs: [] })),
  'inputs that are no lists': () => judged(right, sums({ inputs: [null, undefined, 3] })),
  'a counterfactual that throws': () =>
    judged(
      right,
      sums({
        counterfactual: () => {
          throw new Error('no');
        },
      }),
    ),
  'a counterfactual that gives nothing': () => judged(right, sums({ counterfactual: () => undefined })),
  'a counterfactual of another kind': () => judged(right, sums({ counterfactual: () => ({ length: 2 }) })),
  'an encoding that throws': () =>
    judged(
      right,
      sums({
        encode: () => {
          throw new Error('no');
        },
      }),
    ),
  'an encoding that gives nothing': () => judged(right, sums({ encode: () => undefined })),
  'an encoding that gives a number': () => judged(right, sums({ encode: () => 3 })),
};
/** what cannot be told from something that behaves, or does no harm: it may be judged, and must not end otherwise than by an error of ours */
const may = new Set([
  'changes its inputs',
  'changes its request',
  'keeps and changes what it gave',
  'another answer each time',
]);

/** what fails in code of the user's that no model is behind: the user's own error comes through as it was thrown */
const own = new Set(
  Object.keys(cases)
    .filter((name) =>
      /^(a behaviour|inputs|a counterfactual|an encoding|a check|a fingerprint) that throws?$/.test(name),
    )
    .concat('disposes badly'),
);

let stray;
process.on('unhandledRejection', (error) => {
  stray = error;
});
const limit = 60_000;
for (const [name, run] of Object.entries(cases)) {
  calls = 0;
  stray = undefined;
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(() => resolve({ result: 'hangs', message: `not over after ${limit / 1000} s` }), limit);
  });
  const said = await Promise.race([
    late,
    Promise.resolve()
      .then(run)
      .then(
        (evidence) =>
          may.has(name) ? { result: 'accepted' } : { result: 'judged', message: `judged: ${evidence?.outcome}` },
        (error) =>
          isCongruityError(error)
            ? { result: 'typed' }
            : own.has(name) && error?.message === 'no'
              ? { result: 'accepted' }
              : { result: 'untyped', message: String(error?.stack ?? error).slice(0, 500) },
      ),
  ]);
  clearTimeout(timer);
  await new Promise(setImmediate);
  console.log(
    JSON.stringify({
      name,
      ...(stray === undefined
        ? said
        : {
            result: 'stray',
            message: `a promise that nobody waits for: ${String(stray?.stack ?? stray).slice(0, 500)}`,
          }),
    }),
  );
}
process.exit(0);
