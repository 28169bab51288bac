/** The batched search against fast-check's own runner, one value at a time: everything it reports must be the same. */
import { afterEach, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { assertBatched, checkBatched, InterruptedSearchError, type Answer } from '../../search/index.js';
import { CancelledError, OptionError } from '../../src/errors.js';

/** Any value at all, of shapes that shrink in different ways. */
const values: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  integer: fc.integer({ min: -1000, max: 1000 }),
  subarray: fc.subarray(Array.from({ length: 12 }, (_, i) => i)),
  tuple: fc.tuple(fc.nat(50), fc.string(), fc.boolean()),
  array: fc.array(fc.nat(20), { maxLength: 12 }),
  mapped: fc.nat(500).map((n) => `n${n}`),
  chained: fc.nat(8).chain((n) => fc.array(fc.nat(n), { minLength: n, maxLength: n + 2 })),
  filtered: fc.nat(300).filter((n) => n % 3 !== 0),
  oneof: fc.oneof(fc.nat(100), fc.string({ maxLength: 4 }), fc.constantFrom('a', 'b')),
};

/** A predicate drawn by fast-check: fails, throws and skips on values whose print hashes into given residues. */
interface Rule {
  readonly modulus: number;
  readonly fails: number;
  readonly throws: number;
  readonly skips: number;
}
const rules: fc.Arbitrary<Rule> = fc.record({
  modulus: fc.integer({ min: 2, max: 400 }),
  fails: fc.nat(399),
  throws: fc.nat(399),
  skips: fc.nat(399),
});

const hash = (value: unknown): number => {
  let h = 7;
  for (const c of fc.stringify(value)) h = (Math.imul(h, 31) + c.charCodeAt(0)) >>> 0;
  return h;
};
const verdict = ({ modulus, fails, throws, skips }: Rule, value: unknown): 'pass' | 'fail' | 'throw' | 'skip' => {
  const at = hash(value) % modulus;
  return at === fails ? 'fail' : at === throws ? 'throw' : at === skips ? 'skip' : 'pass';
};
const one =
  (rule: Rule) =>
  async (value: unknown): Promise<boolean> => {
    const said = verdict(rule, value);
    if (said === 'skip') fc.pre(false);
    if (said === 'throw') throw new RangeError(`threw on ${fc.stringify(value)}`);
    return said !== 'fail';
  };
const many =
  (rule: Rule) =>
  async (batch: readonly unknown[]): Promise<Answer[]> =>
    batch.map((value) => {
      const said = verdict(rule, value);
      return said === 'skip'
        ? 'skip'
        : said === 'throw'
          ? new RangeError(`threw on ${fc.stringify(value)}`)
          : said !== 'fail';
    });
/** An evaluation that can say again what it has said of a value. */
const remembering = (rule: Rule) => {
  const said = new Map<string, Answer>();
  const evaluate = async (batch: readonly unknown[]): Promise<Answer[]> => {
    const answers = await many(rule)(batch);
    batch.forEach((value, i) => said.set(fc.stringify(value), answers[i]));
    return answers;
  };
  return { evaluate, recall: (value: unknown): Answer | undefined => said.get(fc.stringify(value)) };
};
/** Throws for the whole batch, as a model does. */
const rough =
  (rule: Rule) =>
  async (batch: readonly unknown[]): Promise<Answer[]> => {
    const said = batch.map((value) => verdict(rule, value));
    const bad = said.indexOf('throw');
    if (bad >= 0) throw new RangeError(`threw on ${fc.stringify(batch[bad])}`);
    return said.map((word) => (word === 'skip' ? 'skip' : word !== 'fail'));
  };

const comparable = (details: fc.RunDetails<[unknown]>) => {
  const { runConfiguration: _, ...rest } = details;
  return fc.stringify({ ...rest, errorInstance: String(details.errorInstance) });
};

const parameters = fc.record(
  {
    seed: fc.integer(),
    numRuns: fc.integer({ min: 1, max: 100 }),
    endOnFailure: fc.boolean(),
    verbose: fc.constantFrom(0, 1, 2),
    unbiased: fc.boolean(),
    maxSkipsPerRun: fc.constantFrom(0, 1, 100),
    randomType: fc.constantFrom('xorshift128plus' as const, 'congruential32' as const, 'xoroshiro128plus' as const),
  },
  { requiredKeys: ['seed'] },
);
const setting = fc.record({
  name: fc.constantFrom(...Object.keys(values)),
  rule: rules,
  parameters,
  batch: fc.integer({ min: 1, max: 70 }),
});

describe('the same as one by one', () => {
  test.each([
    ['answers', many],
    ['errors thrown for a whole batch', rough],
  ])('%s: counterexample, path, runs, skips, shrinks, error, failures and summary', async (_name, evaluate) => {
    await fc.assert(
      fc.asyncProperty(
        setting,
        fc.option(fc.integer({ min: 1, max: 70 }), { nil: undefined }),
        async ({ name, rule, parameters: given, batch }, first) => {
          const arbitrary = values[name]!;
          const expected = (await fc.check(fc.asyncProperty(arbitrary, one(rule)), given)) as fc.RunDetails<[unknown]>;
          const { details } = await checkBatched(arbitrary, evaluate(rule), given, { batch, first });
          expect(comparable(details)).toBe(comparable(expected));
        },
      ),
      { numRuns: 30 },
    );
  });

  test('where answers are recalled, of all values or of some', async () => {
    await fc.assert(
      fc.asyncProperty(
        setting,
        fc.integer({ min: 1, max: 4 }),
        async ({ name, rule, parameters: given, batch }, every) => {
          const arbitrary = values[name]!;
          const expected = (await fc.check(fc.asyncProperty(arbitrary, one(rule)), given)) as fc.RunDetails<[unknown]>;
          const { evaluate, recall } = remembering(rule);
          const { details } = await checkBatched(arbitrary, evaluate, given, {
            batch,
            recall: (value) => (hash(value) % every === 0 ? recall(value) : undefined),
          });
          expect(comparable(details)).toBe(comparable(expected));
        },
      ),
      { numRuns: 30 },
    );
  });

  test('replayed by any beginning of the path, whole or in part', async () => {
    await fc.assert(
      fc.asyncProperty(
        setting,
        fc.nat(),
        fc.boolean(),
        async ({ name, rule, parameters: given, batch }, cut, endOnFailure) => {
          const arbitrary = values[name]!;
          const first = await checkBatched(arbitrary, many(rule), given, { batch });
          const path = first.details.counterexamplePath;
          fc.pre(path !== null);
          const segments = path!.split(':');
          const part = { ...given, path: segments.slice(0, 1 + (cut % segments.length)).join(':'), endOnFailure };
          const expected = (await fc.check(fc.asyncProperty(arbitrary, one(rule)), part)) as fc.RunDetails<[unknown]>;
          const { details } = await checkBatched(arbitrary, many(rule), part, { batch });
          expect(comparable(details)).toBe(comparable(expected));
        },
      ),
      { numRuns: 20 },
    );
  });

  test('with examples, of which some are as many as the runs', async () => {
    await fc.assert(
      fc.asyncProperty(
        setting,
        fc.array(fc.nat(1000), { maxLength: 40 }),
        async ({ rule, parameters: given, batch }, examples) => {
          const arbitrary = fc.nat(1000);
          const all = { ...given, examples: examples.map((n): [number] => [n]) };
          const expected = (await fc.check(fc.asyncProperty(arbitrary, one(rule)), all)) as fc.RunDetails<[unknown]>;
          const { details } = await checkBatched(arbitrary, many(rule), all, { batch });
          expect(comparable(details as fc.RunDetails<[unknown]>)).toBe(comparable(expected));
        },
      ),
      { numRuns: 30 },
    );
  });

  test('values that change as they are run, and shrink by what happened', async () => {
    const drawn = fc.record({
      seed: fc.integer(),
      modulus: fc.integer({ min: 1, max: 60 }),
      batch: fc.integer({ min: 1, max: 70 }),
      outside: fc.boolean(),
    });
    const holds = (gen: fc.GeneratorValue, modulus: number): boolean => {
      const list = gen(fc.array, fc.nat(99), { maxLength: 8 }) as number[];
      return list.reduce((a, b) => a + b, 0) + (gen(fc.nat) % 7) < 3 * modulus || list.length % 5 === 4;
    };
    await fc.assert(
      fc.asyncProperty(drawn, async ({ seed, modulus, batch, outside }) => {
        const arbitrary = (
          outside ? fc.gen() : fc.tuple(fc.gen(), fc.nat(3)).map(([gen]) => gen)
        ) as fc.Arbitrary<fc.GeneratorValue>;
        const expected = (await fc.check(
          fc.asyncProperty(arbitrary, async (gen) => holds(gen, modulus)),
          { seed },
        )) as fc.RunDetails<[unknown]>;
        const { details } = await checkBatched(
          arbitrary,
          async (all) => all.map((gen) => holds(gen, modulus)),
          { seed },
          { batch },
        );
        expect(comparable(details as fc.RunDetails<[unknown]>)).toBe(comparable(expected));
      }),
      { numRuns: 30 },
    );
  });

  test('shrinks that cannot be made: where nobody asks for them nothing happens, where somebody does the error is the same', async () => {
    const ended = (work: Promise<fc.RunDetails<[number]>>): Promise<string> =>
      work.then(
        (details) => comparable(details as fc.RunDetails<[unknown]>),
        (error: Error) => `rejected: ${error.message}`,
      );
    /** Numbers whose shrinks end in an error here and there. */
    class Broken extends fc.Arbitrary<number> {
      constructor(private readonly at: number) {
        super();
      }
      generate(mrng: fc.Random): fc.Value<number> {
        return new fc.Value(mrng.nextInt(0, 500), undefined);
      }
      canShrinkWithoutContext(value: unknown): value is number {
        return typeof value === 'number';
      }
      shrink(value: number): fc.Stream<fc.Value<number>> {
        const { at } = this;
        return fc.stream(
          (function* () {
            for (let less = value >> 1; less > 0; less >>= 1) {
              if ((value - less) % 13 === at) throw new RangeError(`no shrink of ${value} by ${less}`);
              yield new fc.Value(value - less, undefined);
            }
          })(),
        );
      }
    }
    const seen = { rejected: 0, ended: 0 };
    for (let seed = 0; seed < 100; seed++) {
      const rule = { modulus: 3 + (seed % 20), fails: 2, throws: 900, skips: 5 };
      const given = { seed, numRuns: 20 };
      const arbitrary = new Broken(seed % 13);
      const expected = await ended(
        fc.check(fc.asyncProperty(arbitrary, one(rule)), given) as Promise<fc.RunDetails<[number]>>,
      );
      expect(
        await ended(
          checkBatched(arbitrary, many(rule), given, { batch: 1 + (seed % 70) }).then(({ details }) => details),
        ),
      ).toBe(expected);
      seen[expected.startsWith('rejected') ? 'rejected' : 'ended']++;
    }
    expect(Math.min(seen.rejected, seen.ended)).toBeGreaterThan(10);
  });

  test('under plugins that change values, bias and runs', async () => {
    const doubled: fc.Plugin<[number]> = () => ({
      decorateGenerate: (generate) => (rng, runId) => {
        const { value_, context } = generate(rng, runId);
        return new fc.Value<[number]>([2 * value_[0]], context);
      },
    });
    for (const plugins of [
      [fc.unbiased()],
      [fc.ignoreEqualValues()],
      [fc.skipEqualValues()],
      [doubled],
      [fc.unbiased(), fc.skipEqualValues()],
    ] as fc.Plugin<[number]>[][])
      for (let seed = 0; seed < 6; seed++) {
        const rule = { modulus: 40 + seed, fails: 3, throws: 900, skips: 5 };
        const given = { seed, plugins, numRuns: 30 };
        const expected = (await fc.check(
          fc.asyncProperty(fc.nat(60) as fc.Arbitrary<number>, one(rule)) as unknown as fc.IRawProperty<[number], true>,
          given,
        )) as fc.RunDetails<[unknown]>;
        const { details } = await checkBatched<number>(fc.nat(60), many(rule), given, { batch: 16 });
        expect(comparable(details as fc.RunDetails<[unknown]>)).toBe(comparable(expected));
      }
  });
});

describe('fewer evaluations', () => {
  test('a search that finds nothing judges every value once, in full batches', async () => {
    const sizes: number[] = [];
    const { details, batches, evaluated } = await checkBatched(
      fc.nat(),
      async (batch) => (sizes.push(batch.length), batch.map(() => true)),
      { numRuns: 200, seed: 1 },
      { batch: 64 },
    );
    expect(details.failed).toBe(false);
    expect(sizes).toEqual([64, 64, 64, 8]);
    expect([batches, evaluated]).toEqual([4, 200]);
  });

  test('where the first batch is smaller, the next ones grow', async () => {
    const sizes: number[] = [];
    await checkBatched(
      fc.nat(),
      async (batch) => (sizes.push(batch.length), batch.map(() => true)),
      { numRuns: 200, seed: 1 },
      { batch: 64, first: 10 },
    );
    expect(sizes).toEqual([10, 40, 64, 64, 22]);
    sizes.length = 0;
    await checkBatched(
      fc.nat(),
      async (batch) => (sizes.push(batch.length), batch.map(() => true)),
      { numRuns: 20, seed: 1 },
      { batch: 8, first: 10 },
    );
    expect(sizes).toEqual([8, 8, 4]);
  });

  test('skipped values are made up for', async () => {
    const { details } = await checkBatched(
      fc.nat(100),
      async (batch) => batch.map((n) => (n % 2 ? 'skip' : true)),
      { numRuns: 100, seed: 4 },
      { batch: 64 },
    );
    expect(details.numRuns).toBe(100);
    expect(details.numSkips).toBeGreaterThan(10);
  });

  test('shrinks are judged in growing chunks', async () => {
    const one1 = { calls: 0 };
    const property = fc.asyncProperty(
      fc.array(fc.nat(30), { maxLength: 30 }),
      async (list) => (one1.calls++, list.reduce((a, b) => a + b, 0) < 60),
    );
    const given = { seed: 5, numRuns: 100 };
    const expected = await fc.check(property, given);
    const { details, batches } = await checkBatched(
      fc.array(fc.nat(30), { maxLength: 30 }),
      async (batch) => batch.map((list) => list.reduce((a, b) => a + b, 0) < 60),
      given,
    );
    expect(details.counterexamplePath).toBe(expected.counterexamplePath);
    expect(batches).toBeLessThan(one1.calls / 3);
  });

  test('a shrink whose answer is recalled is not judged again', async () => {
    const arbitrary = fc.array(fc.nat(30), { maxLength: 30 });
    const given = { seed: 5, numRuns: 100 };
    const search = async (recalled: boolean) => {
      const judged = new Map<string, boolean>();
      const found = await checkBatched(
        arbitrary,
        async (batch) =>
          batch.map((list) => {
            const holds = list.reduce((a, b) => a + b, 0) < 60;
            judged.set(String(list), holds);
            return holds;
          }),
        given,
        // one by one, so that no value is judged twice within a batch
        { batch: 1, ...(recalled && { recall: (list: number[]) => judged.get(String(list)) }) },
      );
      return { ...found, distinct: judged.size };
    };
    const [recalling, without] = [await search(true), await search(false)];
    expect(recalling.details.counterexamplePath).toBe(without.details.counterexamplePath);
    expect(without.evaluated).toBeGreaterThan(without.distinct);
    expect(recalling.evaluated).toBeLessThan(without.evaluated);
  });

  test('shrinks of shrinks are judged with them', async () => {
    const limit = (n: number): boolean => n < 100;
    const given = { seed: 1, numRuns: 100 };
    // nothing but shrinks: every value fails until the last
    const { details, batches } = await checkBatched(fc.nat(1_000_000), async (batch) => batch.map(limit), given, {
      batch: 64,
    });
    const expected = await fc.check(
      fc.asyncProperty(fc.nat(1_000_000), async (n) => limit(n)),
      given,
    );
    expect(details.counterexamplePath).toBe(expected.counterexamplePath);
    // a batch for each failure is what looking at one value's shrinks only would take
    expect(batches).toBeLessThan(details.numShrinks);
  });

  test('a value is made once, where the runner takes it', async () => {
    let made = 0;
    const counted = fc.nat(1000).map((n) => (made++, n));
    await checkBatched(counted, async (batch) => batch.map(() => true), { numRuns: 100, seed: 2 });
    expect(made).toBe(100);
  });
});

describe('limits', () => {
  const endless = fc.nat();
  test('passes: the search is stopped, and an assertion fails', async () => {
    const evaluate = async (batch: readonly number[], budget: { spend(n: number): void }): Promise<Answer[]> => (
      budget.spend(2),
      batch.map(() => true)
    );
    const { details, stopped, passes } = await checkBatched(
      endless,
      evaluate,
      { numRuns: 1000, seed: 1 },
      { batch: 10, maxPasses: 6 },
    );
    expect(stopped).toBe('the limit of 6 forward passes was reached');
    expect([details.interrupted, details.failed, details.numRuns, passes]).toEqual([true, false, 30, 6]);
    await expect(
      assertBatched(endless, evaluate, { numRuns: 1000, seed: 1 }, { batch: 10, maxPasses: 6 }),
    ).rejects.toThrow(InterruptedSearchError);
  });

  test('time, ours and fast-check’s', async () => {
    const slow = async (batch: readonly number[]): Promise<Answer[]> => (
      await new Promise((resolve) => setTimeout(resolve, 30)),
      batch.map(() => true)
    );
    const ours = await checkBatched(endless, slow, { numRuns: 1000, seed: 1 }, { batch: 10, maxSeconds: 0.1 });
    expect(ours.stopped).toBe('the limit of 0.1 s was reached');
    const theirs = { numRuns: 1000, seed: 1, interruptAfterTimeLimit: 100 };
    expect((await checkBatched(endless, slow, theirs, { batch: 10 })).stopped).toMatch(/fast-check/);
    await expect(assertBatched(endless, slow, theirs, { batch: 10 })).rejects.toThrow(
      /interrupted.*Nothing is established/,
    );
  });

  test('in the middle of shrinking: the counterexample so far', async () => {
    const evaluate = async (batch: readonly number[], budget: { spend(n: number): void }): Promise<Answer[]> => (
      budget.spend(1),
      batch.map((n) => n < 100)
    );
    const { details, stopped } = await checkBatched(
      fc.nat(1_000_000),
      evaluate,
      { seed: 1, numRuns: 1000 },
      { batch: 1, maxPasses: 12 },
    );
    expect(stopped).toBeDefined();
    expect(details.failed).toBe(true);
    expect(details.counterexample![0]).toBeGreaterThanOrEqual(100);
  });

  test('a signal rejects', async () => {
    const controller = new AbortController();
    let calls = 0;
    const work = checkBatched(
      endless,
      async (batch) => (++calls === 3 && controller.abort(), batch.map(() => true)),
      { numRuns: 1000 },
      { batch: 10, signal: controller.signal },
    );
    await expect(work).rejects.toThrow(CancelledError);
    expect(calls).toBe(3);
  });

  test('impossible ones', async () => {
    for (const limits of [
      { batch: 0 },
      { batch: 1.5 },
      { first: 0 },
      { first: 2.5 },
      { maxSeconds: -1 },
      { maxPasses: 0.5 },
    ])
      await expect(checkBatched(endless, async (batch) => batch.map(() => true), {}, limits)).rejects.toThrow(
        OptionError,
      );
  });
});

describe('fast-check’s settings', () => {
  afterEach(() => fc.resetConfigureGlobal());

  test('the global configuration is inherited, and the call’s own comes first', async () => {
    fc.configureGlobal({ numRuns: 7, seed: 11 });
    const ten = await checkBatched(fc.nat(), async (batch) => batch.map(() => true), { seed: 3 });
    expect([ten.details.numRuns, ten.details.seed]).toEqual([7, 3]);
    const { details } = await checkBatched(fc.nat(), async (batch) => batch.map((n) => n < 0));
    const expected = await fc.check(fc.asyncProperty(fc.nat(), async (n) => n < 0));
    expect(details.counterexamplePath).toBe(expected.counterexamplePath);
    expect(details.seed).toBe(11);
  });

  test('an assertion fails with fast-check’s own message, and honours its reporters', async () => {
    const evaluate = async (batch: readonly number[]): Promise<Answer[]> => batch.map((n) => n < 50);
    const given = { seed: 9 };
    const message = (work: Promise<unknown>): Promise<string> =>
      work.then(
        () => '',
        (error: Error) => error.message,
      );
    const expected = await message(
      fc.assert(
        fc.asyncProperty(fc.nat(), async (n) => n < 50),
        given,
      ),
    );
    expect(expected).toContain('Counterexample: [50]');
    expect(await message(assertBatched(fc.nat(), evaluate, given))).toBe(expected);
    const seen: unknown[] = [];
    await assertBatched(fc.nat(), evaluate, {
      ...given,
      reporter: ({ counterexample }) => void seen.push(counterexample),
    });
    expect(seen).toEqual([[50]]);
  });

  test('a wrong number of answers is the evaluation’s fault and is said', async () => {
    const { details } = await checkBatched(fc.nat(), async () => [true], { seed: 1 }, { batch: 8 });
    expect(details.failed).toBe(false); // judged one by one, each answer is the value's own
    const none = await checkBatched(fc.nat(), async () => [], { seed: 1 });
    expect(String(none.details.errorInstance)).toMatch(/0 answers for 1 values/);
  });
});
