/** Claims about circuits against models whose circuits are known: the answer is exact. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { BehaviourError, CancelledError, InterventionError, OptionError } from '../../src/errors.js';
import { intervene, select } from '../../src/circuit/component.js';
import type { Model } from '../../src/model/model.js';
import { rowOf } from '../../src/task/behaviour.js';
import type { AnyTask } from '../../src/task/task.js';
import { klToClean, accuracy } from '../../src/task/index.js';
import { symmetryOf } from '../../generators/symmetry-of.js';
import { task } from '../../generators/task.js';
import { allKnown, backup, copyAndCompare, induction } from '../helpers/known/index.js';
import { addition, example } from '../helpers/example.js';
import { both, tiny } from '../helpers/tiny.js';
import { folders, messageOf } from './claims.js';
import { errorOf } from '../helpers/error-of.js';

const { recorded } = folders();

interface Case {
  readonly name: string;
  readonly model: () => Model;
  readonly on: AnyTask;
  readonly circuit: readonly string[];
  readonly spare: readonly string[];
}
const models = new Map<string, Model>();
beforeAll(async () => {
  for (const one of allKnown) models.set(one.name, await one.model('wasm'));
  models.set('tiny', await tiny('wasm'));
});
afterAll(() => {
  for (const model of models.values()) model.dispose();
});

const cases: Case[] = [
  ...[copyAndCompare, induction].map((one): Case => ({
    name: one.name,
    model: () => models.get(one.name)!,
    on: one.task,
    circuit: one.circuit,
    spare: one.spare,
  })),
  {
    name: 'tiny',
    model: () => models.get('tiny')!,
    on: both(),
    circuit: ['blocks.0.attn.head.0', 'blocks.0.mlp.neuron.0'],
    spare: ['blocks.0.attn.head.1', 'blocks.0.mlp.neuron.1', 'blocks.0.mlp.neuron.2'],
  },
];

describe.each(cases)('$name', ({ model, on, circuit, spare }) => {
  const options = { on, by: 'resample' as const };

  test('its circuit is sufficient, necessary and minimal', async () => {
    await expect(model()).toHaveSufficientCircuit(circuit, options);
    await expect(model()).toHaveNecessaryCircuit(circuit, options);
    await expect(model()).toHaveMinimalCircuit(circuit, options);
    expect(recorded().map(({ status, claim }) => [status, claim!.outcome])).toEqual([
      ['held', 'holds'],
      ['held', 'holds'],
      ['held', 'holds'],
    ]);
  });

  test('without any one component it fails, with exactly that component', async () => {
    for (const missing of circuit) {
      const rest = circuit.filter((one) => one !== missing);
      const message = await messageOf(expect(model()).toHaveSufficientCircuit(rest, options));
      expect(message).toContain('Fails: broken by one component outside the circuit.');
      const { status, claim } = recorded().at(-1)!;
      expect(status).toBe('violated');
      expect(claim!.counterexample!.components).toEqual([missing]);
      expect(message).toContain(claim!.counterexample!.description);
      expect(claim!.counterexample!.measured).toEqual(['accuracy 1 → 0']);
      await expect(model()).not.toHaveSufficientCircuit(rest, options);
    }
  });

  test('with a spare one it suffices, and is reported as not minimal with exactly that one', async () => {
    const few = { ...options, each: 3, check: { numRuns: 25 } };
    for (const [at, extra] of spare.entries()) {
      const more = [...circuit, extra];
      await expect(model()).toHaveSufficientCircuit(more, few);
      const necessary = await messageOf(expect(model()).toHaveNecessaryCircuit(more, options));
      expect(necessary).toContain(`Fails: ${extra} could be dropped.\n`);
      if (at > 0) continue;
      const minimal = await messageOf(expect(model()).toHaveMinimalCircuit(more, few));
      expect(minimal).toContain(`Fails: not minimal, because ${extra} could be left out.\n`);
    }
  });
});

test('backups: one head suffices, neither is necessary, and the reason is told', async () => {
  const model = models.get(backup.name)!;
  const options = { on: backup.task, by: 'zero' as const };
  for (const head of [0, 1]) {
    await expect(model).toHaveSufficientCircuit([`blocks.0.attn.head.${head}`], options);
    const message = await messageOf(expect(model).toHaveMinimalCircuit([`blocks.0.attn.head.${head}`], options));
    expect(message).toContain(`Fails: blocks.0.attn.head.${head} could be dropped.\n`);
    expect(message).toContain(
      `blocks.0.attn.head.${head} breaks nothing alone, but the rest without it does not suffice: something outside the circuit stands in for it.`,
    );
  }
  // with the other head, or with one that does nothing, there is too much of it
  for (const [extra, left] of [
    [1, 1],
    [2, 0],
  ] as const) {
    const names = ['blocks.0.attn.head.0', `blocks.0.attn.head.${extra}`];
    const spare = names.find((name) => name !== `blocks.0.attn.head.${left}`)!;
    await expect(model).toHaveSufficientCircuit(names, options);
    const message = await messageOf(expect(model).toHaveMinimalCircuit(names, options));
    expect(message).toContain(`Fails: not minimal, because ${spare} could be left out.\n`);
    expect(message).toContain(`Without ${spare} the rest suffices: blocks.0.attn.head.${left}.`);
  }
  // two guilty only together
  const message = await messageOf(expect(model).toHaveSufficientCircuit(['blocks.0.attn.head.2'], options));
  expect(message).toContain('Fails: broken by 2 components together outside the circuit.');
  expect(message).toContain('backup heads with blocks.0.attn.head.0, blocks.0.attn.head.1 set to zero, on [1, 0]');
  expect(message).toContain('With any one of them left alone the behaviour stays as it is there.');
});

describe('what a failure says', () => {
  const { task: on, circuit } = induction;
  const rest = circuit.slice(1);

  test('task, expectation, counterexample, scores, search, and how to replay it, in one run', async () => {
    const model = models.get(induction.name)!;
    const message = await messageOf(expect(model).toHaveSufficientCircuit(rest, { on, seed: 5 }));
    for (const part of [
      /\n {2}expect\(induction\)\.toHaveSufficientCircuit\(circuit\)\n {2}Expected: interventions outside the circuit leave accuracy as it is\n {2}Task: +induction \(accuracy at least 1, 12 inputs\)\n/,
      /induction with blocks\.0\.attn\.head\.0 at its mean, on \[3, 0, 1, 2, 0\]/,
      /measured +accuracy 1 → 0/,
      /circuit +blocks\.1\.attn\.head\.0; 5 components outside/,
      /search +\d+ runs?, \d+ shrinks?, \d+ tried in \d+ forward passes/,
      /Replay: +CONGRUITY_SEED=5 npx jest '.*circuit\.test\.ts' -t /,
      /option check: \{ seed: 5, path: "[\d:]+", endOnFailure: true \}/,
    ])
      expect(message).toMatch(part);
    const path = /path: "([\d:]+)"/.exec(message)![1]!;
    const again = await messageOf(
      expect(model).toHaveSufficientCircuit(rest, { on, seed: 5, check: { seed: 5, path, endOnFailure: true } }),
    );
    expect(again).toContain('induction with blocks.0.attn.head.0 at its mean, on [3, 0, 1, 2, 0]');
    expect(recorded().at(-1)!.claim!.search).toMatchObject({ runs: expect.any(Number), shrinks: 0, path });
  });

  test('the same seed says the same, whatever the batch', async () => {
    const model = models.get(induction.name)!;
    // what failed is remembered otherwise, and tried first
    process.env['CONGRUITY_FAILURES'] = 'off';
    const seen = new Set<string>();
    for (const batch of [1, 7, 64]) {
      await messageOf(
        expect(model).toHaveSufficientCircuit(rest, { on, seed: 8, batch, by: ['mean', 'resample', 'zero'] }),
      );
      const { counterexample, search } = recorded().at(-1)!.claim!;
      seen.add(JSON.stringify([counterexample, search!.path, search!.runs, search!.shrinks]));
    }
    expect(seen.size).toBe(1);
  });
});

describe('undecided fails both ways', () => {
  const { task: on, circuit } = copyAndCompare;
  test('a search that was stopped', async () => {
    const model = models.get(copyAndCompare.name)!;
    for (const work of [
      () => expect(model).toHaveSufficientCircuit(circuit, { on, maxPasses: 2 }),
      () => expect(model).not.toHaveSufficientCircuit(circuit, { on, maxPasses: 2 }),
      () => expect(model).toHaveMinimalCircuit(circuit, { on, maxPasses: 2 }),
      () => expect(model).not.toHaveNecessaryCircuit(circuit, { on, maxPasses: 1, draws: 5000 }),
    ]) {
      const message = await messageOf(work());
      expect(message).toMatch(/^Undecided: /);
      expect(message).toMatch(/To settle it: More/);
    }
    expect(recorded().map(({ status }) => status)).toEqual(Array(4).fill('not established'));
  });

  test('looks in Jest like any claim that fails: no class before the message, and the test is the first frame', async () => {
    const model = models.get(copyAndCompare.name)!;
    const errorOf = (work: Promise<void> | void): Promise<Error> =>
      Promise.resolve(work).then(
        () => new Error('it passed'),
        (error: Error) => error,
      );
    const undecided = await errorOf(expect(model).toHaveSufficientCircuit(circuit, { on, maxPasses: 2 }));
    const undecidedNot = await errorOf(expect(model).not.toHaveSufficientCircuit(circuit, { on, maxPasses: 2 }));
    const refuted = await errorOf(expect(model).toHaveSufficientCircuit([circuit[0]!], { on }));
    for (const [error, outcome] of [
      [undecided, 'undecided'],
      [undecidedNot, 'undecided'],
      [refuted, 'fails'],
    ] as const) {
      expect(error.name).toBe('Error');
      expect(error.constructor).toBe(refuted.constructor);
      expect(error).toMatchObject({ matcherResult: { outcome } });
      expect(error.stack!.split('\n').find((line) => /^ +at /.test(line))).toMatch(/circuit\.test\.ts:\d+/);
    }
  });

  test('a part whose effect is near the one asked for', async () => {
    const model = models.get('tiny')!;
    // of the 12 pairs of an input and another head 0 breaks 6, but 11 drawn pairs cannot tell
    const few = { on: both(), by: 'resample', effect: 0.45, draws: 11 } as const;
    const message = await messageOf(expect(model).toHaveNecessaryCircuit(['blocks.0.attn.head.0'], few));
    expect(message).toMatch(/^Undecided: whether blocks\.0\.attn\.head\.0 breaks more than 45 % of inputs/);
    expect(message).toContain('To settle it: More `draws`, or another `effect`.');
    await messageOf(expect(model).not.toHaveNecessaryCircuit(['blocks.0.attn.head.0'], few));
  });

  test('a signal cancels', async () => {
    const model = models.get(copyAndCompare.name)!;
    await expect(expect(model).toHaveSufficientCircuit(circuit, { on, signal: AbortSignal.abort() })).rejects.toThrow(
      CancelledError,
    );
    expect(recorded()[0]).toMatchObject({ status: 'not judged', error: { code: 'CANCELLED' } });
  });
});

describe('not judged', () => {
  test('bad options, circuits and models', async () => {
    const model = models.get('tiny')!;
    const on = both();
    await expect(
      expect(model).toHaveSufficientCircuit(['blocks.0.attn.head.0'], { on, runs: 5 } as never),
    ).rejects.toThrow(errorOf(OptionError, /unknown option "runs"/));
    await expect(expect(model).toHaveSufficientCircuit(['blocks.0.attn.head.0'], undefined as never)).rejects.toThrow(
      errorOf(OptionError, /needs options with at least the task/),
    );
    await expect(expect(model).toHaveSufficientCircuit(['blocks.7.attn.head.0'], { on })).rejects.toThrow(
      InterventionError,
    );
    await expect(expect(model).toHaveSufficientCircuit([], { on })).rejects.toThrow(OptionError);
    await expect(expect(Promise.resolve(model)).toHaveMinimalCircuit(['blocks.0.attn.head.0'], { on })).rejects.toThrow(
      errorOf(OptionError, /await it: this is a promise/),
    );
    const wrong = task({
      name: 'or',
      inputs: [
        [0, 1],
        [1, 0],
        [1, 1],
        [0, 0],
      ] as (readonly number[])[],
      behaviour: accuracy(([a = 0, b = 0]: readonly number[]) => a | b),
      threshold: { atLeast: 1 },
    });
    await expect(expect(model).toHaveNecessaryCircuit(['blocks.0.attn.head.0'], { on: wrong })).rejects.toThrow(
      BehaviourError,
    );
    expect(recorded().every(({ status }) => status === 'not judged')).toBe(true);
  });
});

describe('how behaviour is judged', () => {
  const kl = (atMost: number) =>
    task({
      name: 'both, by divergence',
      inputs: [
        [0, 0],
        [0, 1],
        [1, 0],
        [1, 1],
      ] as (readonly number[])[],
      behaviour: klToClean(),
      threshold: { atMost },
    });
  const outside = ['blocks.0.attn.head.0'];

  test('a continuous score breaks at the threshold of the task, and by more than the tolerance', async () => {
    const model = models.get('tiny')!;
    await expect(model).not.toHaveSufficientCircuit(outside, { on: kl(0.1) });
    // neuron 0 resampled moves the logits by 8 at most: the divergence stays below 20
    await expect(model).toHaveSufficientCircuit(outside, { on: kl(0.1), tolerance: 20 });
    await expect(model).toHaveSufficientCircuit(outside, { on: kl(20) });
  });

  test('on average over the examples, where single inputs may break', async () => {
    const model = models.get(copyAndCompare.name)!;
    const { circuit } = copyAndCompare;
    // without the neuron for token 2, of nine inputs only [2, 2] is wrong where its neuron rests
    const rest = circuit.slice(0, -1);
    const on = task({
      name: 'most',
      inputs: copyAndCompare.task.examples(9, 0).inputs,
      behaviour: copyAndCompare.task.behaviour,
      threshold: { atLeast: 0.6 },
    });
    await expect(model).not.toHaveSufficientCircuit(rest, { on, by: 'zero' });
    await expect(model).toHaveSufficientCircuit(rest, { on, by: 'zero', judge: 'mean' });
    const message = await messageOf(
      expect(model).toHaveSufficientCircuit(rest, { on: copyAndCompare.task, by: 'zero', judge: 'mean' }),
    );
    expect(message).toContain('copy and compare with blocks.0.mlp.neuron.2 set to zero\n');
    expect(message).toMatch(/accuracy 1 → 0\.889/);
  });
});

describe('a trained model', () => {
  /** A fifth of all inputs. */
  const most = 370;
  /** Accuracy on them with some heads replaced; without the search. */
  async function accuracyWithout(model: Model, heads: readonly number[], kind: 'mean' | 'resample'): Promise<number> {
    const { behaviour, examples } = addition();
    const { inputs } = examples(most, 0);
    const by =
      kind === 'mean'
        ? { kind, over: inputs }
        : { kind, inputs: inputs.map((_, at) => inputs[(at + 200) % inputs.length]!) };
    const { logits } = await model.run(inputs, {
      interventions: intervene(
        select(
          model,
          heads.map((head) => `blocks.0.attn.head.${head}`),
        ),
        by,
      ),
      logits: -1,
    });
    return (
      inputs.filter((input, row) => behaviour.score(rowOf(logits, row), input, rowOf(logits, row), undefined) === 1)
        .length / inputs.length
    );
  }
  const subsets = Array.from({ length: 15 }, (_, set) => [0, 1, 2, 3].filter((head) => ((set + 1) >> head) & 1));
  const heads = [0, 1, 2, 3].map((head) => `blocks.0.attn.head.${head}`);

  test('no set of heads can be replaced, by any way: all four are its circuit among heads, and only they', async () => {
    const released = await example('released');
    try {
      const on = addition();
      for (const set of subsets)
        for (const kind of ['mean', 'resample'] as const)
          expect([set, kind, (await accuracyWithout(released, set, kind)) < 0.73]).toEqual([set, kind, true]);
      await expect(released).toHaveNecessaryCircuit(heads, { on });
      // with a fifth head that writes nothing there is something outside the circuit, and something to spare
      const grown = await symmetryOf(released, [
        { kind: 'add heads', layers: [{ how: 'writes nothing', at: 4, seed: 7 }] },
      ]).apply();
      try {
        const options = { on, over: 'heads', each: 3, check: { numRuns: 10 } };
        await expect(grown).toHaveSufficientCircuit(heads, options);
        await expect(grown).toHaveNecessaryCircuit(heads, { on });
        await expect(grown).toHaveMinimalCircuit(heads, options);
        for (const missing of heads) {
          await messageOf(
            expect(grown).toHaveSufficientCircuit(
              heads.filter((one) => one !== missing),
              options,
            ),
          );
          expect(recorded().at(-1)).toMatchObject({
            status: 'violated',
            claim: { counterexample: { components: [missing] } },
          });
        }
        const spare = 'blocks.0.attn.head.4';
        const necessary = await messageOf(expect(grown).toHaveNecessaryCircuit([...heads, spare], { on }));
        expect(necessary).toContain(`Fails: ${spare} could be dropped.\n`);
      } finally {
        grown.dispose();
      }
    } finally {
      released.dispose();
    }
  });

  test('which heads are needed depends on what replaces them', async () => {
    const constant = await example('constant-attention');
    try {
      const options = {
        on: addition(),
        over: 'heads',
        judge: 'mean',
        inputs: most,
        each: 1,
        check: { numRuns: 5 },
      } as const;
      // its mean does for head 0, and for no other and no two
      for (const set of subsets)
        expect([
          set,
          (await accuracyWithout(constant, set, 'mean')) >= 0.99,
          (await accuracyWithout(constant, set, 'resample')) >= 0.99,
        ]).toEqual([set, set.length === 1 && set[0] === 0, false]);
      await expect(constant).toHaveSufficientCircuit(heads.slice(1), { ...options, by: 'mean' });
      await expect(constant).not.toHaveSufficientCircuit(heads.slice(1), { ...options, by: 'resample' });
      await expect(constant).not.toHaveNecessaryCircuit(heads, { on: addition(), by: 'mean' });
      await expect(constant).toHaveNecessaryCircuit(heads, { on: addition(), by: 'resample' });
    } finally {
      constant.dispose();
    }
  });
});

test('a trained model: its heads are needed and its neurons are, on every input and on average', async () => {
  const released = await example('released');
  try {
    const on = addition();
    const one = await messageOf(expect(released).toHaveSufficientCircuit(['blocks.0.mlp.neuron.*'], { on }));
    expect(one).toMatch(
      /^Fails: broken by one component outside the circuit\.\n\n[^]* {2}counterexample +released with blocks\.0\.attn\.head\.\d /,
    );
    const several = await messageOf(
      expect(released).toHaveSufficientCircuit(['blocks.0.attn.head.*'], { on, each: 1, check: { numRuns: 20 } }),
    );
    expect(several).toMatch(/^Fails: broken by \d+ components? /);
    // no single neuron matters: many carry it together
    await expect(released).not.toHaveNecessaryCircuit(
      ['blocks.0.mlp.neuron.1', 'blocks.0.mlp.neuron.2', 'blocks.0.mlp.neuron.3'],
      { on },
    );
    await expect(released).not.toHaveSufficientCircuit(['blocks.0.mlp.neuron.*'], { on, judge: 'mean' });
  } finally {
    released.dispose();
  }
});

test('fast-check’s global configuration is inherited', async () => {
  const model = models.get('tiny')!;
  fc.configureGlobal({ numRuns: 3, seed: 21 });
  try {
    await expect(model).toHaveSufficientCircuit(['blocks.0.attn.head.0', 'blocks.0.mlp.neuron.0'], {
      on: both(),
      each: 1,
    });
  } finally {
    fc.resetConfigureGlobal();
  }
  // three single components, all of them, three random sets
  expect(recorded()[0]!.claim).toMatchObject({ seed: 21, search: { runs: 7, seed: 21 } });
});
