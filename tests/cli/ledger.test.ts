/** The ledger of releases: a chain of rows that nobody changes without being found out, and the levels that follow from it. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createLedger, enter, isAlarm, readLedger, type NewRow } from '../../cli/ledger/file.js';
import { Stream } from '../../cli/ledger/stream.js';
import type { Report } from '../../reports/schema.js';
import { levelAt, type HeldRate } from '../../src/statistics/streams.js';
import { eValueOf } from '../../src/verdict/sequential/e-value.js';
import { RunningTest } from '../../src/verdict/sequential/running-test.js';
import { makeCheck } from '../reports/evidence.js';
import { addition, Project, quick, type Result } from './command.js';
import { OneProcess } from './one-process.js';

const project = new Project();
afterAll(() => project.remove());

const START = Date.parse('2026-01-01T00:00:00Z');
const DAY = 86_400_000;
const row = (turn: number, logE: number, alarms = 0, hold: HeldRate = 'ever'): NewRow => ({
  turn,
  run: `run ${turn}`,
  gate: 'gate',
  baseline: 'a',
  candidate: `b${turn}`,
  task: 't',
  seed: 1,
  draws: 40,
  outcome: 'undecided',
  level: levelAt(turn, alarms, { alpha: 0.05, hold }),
  logE,
});
/** A ledger of five releases, a day apart. */
function ledger(path: string, hold: HeldRate = 'ever'): void {
  let now = START;
  createLedger(path, { hold, alpha: 0.05 }, now);
  let alarms = 0;
  for (let turn = 1; turn <= 5; turn++) {
    now += DAY;
    const [entered] = enter(path, readLedger(path, now), [row(turn, turn === 2 ? 12 : -turn, alarms, hold)], now);
    if (entered!.alarm) alarms++;
  }
}

describe('the file', () => {
  const path = project.path('ledger.jsonl');
  const now = START + 6 * DAY;
  let n = 0;
  const fresh = (hold: HeldRate = 'ever'): string => {
    const name = project.path(`ledger-${n++}.jsonl`);
    ledger(name, hold);
    return name;
  };
  const lines = (name: string): string[] => readFileSync(name, 'utf8').trimEnd().split('\n');
  const put = (name: string, some: readonly string[]): void => writeFileSync(name, `${some.join('\n')}\n`);

  test.each(['ever', 'fdr'] as const)(
    '%s: rows come back as they were entered, in order, each with its alarm',
    (hold) => {
      const { rows, head } = readLedger(fresh(hold), now);
      expect(rows.map((one) => [one.row, one.turn, one.alarm])).toEqual([1, 2, 3, 4, 5].map((t) => [t, t, t === 2]));
      expect(head).toMatchObject({ hold, alpha: 0.05 });
      for (const one of rows) expect(one.alarm).toBe(isAlarm(one.logE, one.level));
      expect(rows[4]!.level / levelAt(5, 0, { alpha: 0.05, hold: 'ever' })).toBeCloseTo(hold === 'fdr' ? 2 : 1, 12);
    },
  );

  test.each<[string, (name: string) => void, RegExp]>([
    [
      'a row that was changed',
      (f) =>
        put(
          f,
          lines(f).map((l, i) => (i === 2 ? l.replace('"logE":12', '"logE":-12') : l)),
        ),
      /line 3 was changed after it was entered/,
    ],
    [
      'the first line changed',
      (f) =>
        put(
          f,
          lines(f).map((l, i) => (i === 0 ? l.replace('0.05', '0.5') : l)),
        ),
      /the first line was changed/,
    ],
    [
      'rows in another order',
      (f) => {
        const [h, a, b, ...r] = lines(f);
        put(f, [h!, b!, a!, ...r]);
      },
      /line 2 is row 2, where row 1 should be: rows are missing or in another order/,
    ],
    [
      'a row that is missing',
      (f) =>
        put(
          f,
          lines(f).filter((_, i) => i !== 3),
        ),
      /line 4 is row 4, where row 3 should be/,
    ],
    ['a row that is there twice', (f) => put(f, [...lines(f), lines(f)[5]!]), /line 7 repeats row 5/],
    [
      'a row cut off',
      (f) => writeFileSync(f, readFileSync(f, 'utf8').slice(0, -30)),
      /the last row is not whole[^]*remove what follows the last line end/,
    ],
    [
      'a key added that another one overrules',
      (f) =>
        put(
          f,
          lines(f).map((l, i) => (i === 2 ? l.replace('{', '{"row":9,') : l)),
        ),
      /line 3 was changed after it was entered/,
    ],
    [
      'another file, which has no lines',
      (f) => writeFileSync(f, '{"a":1}'),
      /this is no ledger, or its first line was cut off/,
    ],
    ['another file, which is not ended', (f) => writeFileSync(f, 'a\nb'), /the first line is no JSON/],
    ['no JSON', (f) => put(f, [...lines(f), 'x']), /line 7 is no JSON/],
    ['another file', (f) => put(f, ['{"a":1}']), /the first line is not of a ledger/],
    ['an empty file', (f) => writeFileSync(f, ''), /the file is empty/],
  ])('%s: an error of its own, and the file stays as it is', (_, spoil, said) => {
    const name = fresh();
    spoil(name);
    const before = readFileSync(name, 'utf8');
    expect(() => readLedger(name, now)).toThrow(said);
    expect(() => readLedger(name, now)).toThrow(expect.objectContaining({ code: 'BAD_LEDGER' }));
    expect(readFileSync(name, 'utf8')).toBe(before);
  });

  test('line ends of Windows, as version control may put them, change nothing, and rows are entered below', () => {
    const name = fresh();
    const before = readLedger(name, now);
    writeFileSync(name, readFileSync(name, 'utf8').replaceAll('\n', '\r\n'));
    expect(readLedger(name, now)).toEqual(before);
    enter(name, before, [row(6, 0)], now);
    expect(readLedger(name, now).rows).toHaveLength(6);
  });

  test('a whole file that was forged, hashes and all, still does not follow from its levels', () => {
    const forged = project.path('forged.jsonl');
    const begun = createLedger(forged, { hold: 'ever', alpha: 0.05 }, START);
    enter(forged, begun, [{ ...row(1, 3), level: 0.9 }], START);
    expect(() => readLedger(forged, now)).toThrow(/row 1 does not follow from its turn and its evidence/);
    const twice = project.path('twice.jsonl');
    enter(twice, createLedger(twice, { hold: 'ever', alpha: 0.05 }, START), [row(2, 0), row(2, 0)], START);
    expect(() => readLedger(twice, now)).toThrow(/row 2 has the turn of one before it/);
  });

  test('clocks: a minute of disagreement is nothing; beyond that nothing is entered', () => {
    const name = fresh();
    const last = START + 5 * DAY;
    const before = readFileSync(name, 'utf8');
    for (const early of [last - 61_000, last - DAY]) {
      expect(() => readLedger(name, early)).toThrow(/the last row was entered at .*, which is later than now/);
      expect(() => enter(name, readLedger(name, now), [row(6, 0)], early)).toThrow(/later than now/);
    }
    expect(readFileSync(name, 'utf8')).toBe(before);
    expect(existsSync(`${name}.lock`)).toBe(false);
    expect(enter(name, readLedger(name, now), [row(6, 0)], last - 59_000)).toHaveLength(1);
    // a row of a machine whose clock was wrong then: said also later
    const skewed = project.path('skewed.jsonl');
    let begun = createLedger(skewed, { hold: 'ever', alpha: 0.05 }, START);
    for (const [turn, at] of [
      [1, START + 50_000],
      [2, START - 9_000],
      [3, START - 9_000],
    ] as const) {
      enter(skewed, begun, [row(turn, 0)], at);
      begun = readLedger(skewed, now);
    }
    expect(() => enter(skewed, begun, [row(4, 0)], START - 11_000)).toThrow(/later than now/);
  });

  test('two runs at once: the second finds its levels spent, and enters nothing', () => {
    const name = fresh();
    const [a, b] = [readLedger(name, now), readLedger(name, now)];
    enter(name, a, [row(6, 0)], now);
    expect(() => enter(name, b, [row(6, 0)], now)).toThrow(/another run entered rows since this one began/);
    expect(readLedger(name, now).rows).toHaveLength(6);
    writeFileSync(`${name}.lock`, '');
    expect(() => enter(name, readLedger(name, now), [row(7, 0)], now)).toThrow(
      /another run is entering rows, or was killed/,
    );
  });

  test('it is begun once', () => {
    createLedger(path, { hold: 'ever', alpha: 0.05 });
    expect(() => createLedger(path, { hold: 'ever', alpha: 0.05 })).toThrow(/there is a ledger of this name already/);
  });
});

describe('the e-value of a comparison', () => {
  test('is the smaller of what the running test of the same draws has for the two sides', () => {
    for (const offset of [0, 1, 3]) {
      const { evidence } = makeCheck({ m1: 13, m2: 13, offset, seed: 5 });
      const { within1, within2, across } = evidence!.distances;
      const { margin, resolution } = evidence!.judgement.policy;
      const running = new RunningTest({ alpha: 0.05, beta: 0.05 }, margin, resolution);
      for (let i = 1; i < 13; i += 2)
        running.observe({
          siblings: [within1[i]![i + 1]!, within2[i]![i + 1]!],
          strangers: [across[i]![i]!, across[i]![i + 1]!, across[i + 1]![i]!, across[i + 1]![i + 1]!],
        });
      const { common: _1, singleSite: _2, ...apart } = evidence!;
      const found = eValueOf({ ...apart, alsoReport: [] } as typeof evidence & object);
      const far = running.trajectory.sides.map((side) => side.far.at(-1)!);
      expect(found.blocks).toBe(6);
      expect(found.log / Math.LN10).toBeCloseTo(Math.min(...far), 10);
    }
  });

  test('what was picked among several is divided by their number; trained runs say nothing', () => {
    const evidence = { ...makeCheck({ m1: 13, m2: 13, offset: 3 }).evidence!, alsoReport: [] };
    const one = eValueOf(evidence).log;
    const other = { measure: 'cka', decides: true } as (typeof evidence.alsoReport)[number];
    expect(eValueOf({ ...evidence, alsoReport: [other, other] }).log).toBeCloseTo(one - Math.log(3), 12);
    expect(eValueOf({ ...evidence, runs: [2, 2] })).toMatchObject({
      log: 0,
      why: expect.stringContaining('trained runs'),
    });
  });
});

describe('a run in a stream', () => {
  let path = '';
  let n = 0;
  beforeEach(() => {
    path = project.path(`stream-${n++}.jsonl`);
  });
  const judged = (stream: Stream, i: number, seed: number) => {
    const check = makeCheck({ m1: 13, m2: 13, offset: 3, seed, test: `gate ${i}` });
    const { sequential } = check.evidence!;
    const alpha = stream.level(i);
    return {
      ...check,
      evidence: { ...check.evidence!, sequential: { ...sequential, levels: { ...sequential.levels, alpha } } },
    };
  };

  test('each gate has its level; unjudged gates leave a gap, and no level is spent twice', () => {
    const first = Stream.open(path, 0.05);
    const gates = ['gate 0', 'gate 1', 'gate 2'];
    const entered = first.enter([judged(first, 0, 1), judged(first, 2, 2)], gates, 'a');
    expect(entered.map((check) => [check.stream!.row, check.stream!.level])).toEqual([
      [1, first.level(0)],
      [2, first.level(2)],
    ]);
    const second = Stream.open(path, undefined);
    expect(second.level(0)).toBe(levelAt(4, 0, { alpha: 0.05, hold: 'ever' }));
    second.enter([judged(second, 0, 7)], gates, 'b');
    expect(readLedger(path).rows.map(({ turn }) => turn)).toEqual([1, 3, 4]);
  });

  test('the same evidence again has the row that it has', () => {
    const first = Stream.open(path, 0.05);
    const [check] = first.enter([judged(first, 0, 1)], ['gate 0'], 'a');
    const again = Stream.open(path, 0.05);
    expect(again.enter([judged(again, 0, 1)], ['gate 0'], 'b')[0]!.stream).toEqual(check!.stream);
    expect(readLedger(path).rows).toHaveLength(1);
  });

  test('a verdict at another level is not entered, nor is another alpha taken', () => {
    const stream = Stream.open(path, 0.05);
    const check = makeCheck({ m1: 13, m2: 13, test: 'gate 0' });
    expect(() => stream.enter([check], ['gate 0'], 'a')).toThrow(
      /was judged at level 0.05, and the ledger gives it 0.02/,
    );
    expect(() => Stream.open(path, 0.1)).toThrow(/holds its rate at 0.05, and the config has alpha 0.1/);
  });

  test('a budget with which nothing can be shown is named', () => {
    const stream = Stream.open(path, 0.05);
    const gate = (draws: number) => ({
      name: 'g',
      baseline: 'a',
      candidate: 'b',
      task: 't',
      options: { budget: { draws } },
    });
    // the wealth after 6 blocks that all say so is 46, after 5 it is 24, and 1 / 0.0247 is 40.5
    expect(stream.tooFew(0, gate(12))).toBeUndefined();
    expect(stream.tooFew(0, gate(11))).toContain('as test 1 of its stream it needs 12 draws, and its budget is 11');
  });
});

describe('the command', () => {
  const real = new Project().withModels();
  const one = new OneProcess();
  const run = (...args: string[]): Promise<Result> => one.run(real, args);
  const report = (folder: string): Report =>
    JSON.parse(readFileSync(real.path(folder, 'report.json'), 'utf8')) as Report;
  afterAll(() => {
    one.end();
    real.remove();
  });
  beforeAll(() => {
    real.write(
      'congruity.config.ts',
      `${addition}
const gate = (name: string, candidate: string, draws: number) =>
  ({ name, baseline: 'models/released.safetensors', candidate: \`models/\${candidate}.safetensors\`, task: addition, options: { ...${quick}, budget: { draws } } });
export default { seed: 3, gates: [gate('copy', 'quantised', 12), gate('other', 'constant-attention', 20)] };`,
    );
  });

  test('a changed release is an alarm of the stream, a copy is not; the report has the rows, and the ledger is in order', async () => {
    const { code, stderr } = await run('gate', '--ledger', 'releases.jsonl');
    expect({ code, stderr }).toMatchObject({ code: 1 });
    const [copy, other] = report('congruity-report').checks;
    expect(copy!.stream).toMatchObject({ row: 1, hold: 'ever', alpha: 0.05, alarm: false });
    expect(other!.stream).toMatchObject({ row: 2, alarm: true });
    expect(other!.evidence!.outcome).toBe('different');
    expect(other!.evidence!.sequential.levels.alpha).toBe(other!.stream!.level);
    for (const file of ['report.html', 'summary.md', 'junit.xml'])
      expect(readFileSync(real.path('congruity-report', file), 'utf8')).toMatch(/row 2 of the ledger|stream\.row=2/);
    const shown = await run('ledger', 'releases.jsonl');
    expect(shown).toMatchObject({ code: 1, stderr: '' });
    expect(shown.stdout).toMatch(
      /ALARM {2}other: different, e-value \d+ of \d+\n2 rows, 1 alarm: the probability of any false alarm at all is at most 5 %\./,
    );
    expect((await run('ledger', 'releases.jsonl', '--includes', copy!.stream!.hash)).code).toBe(1);
    expect((await run('ledger', 'releases.jsonl', '--includes', 'f'.repeat(64))).stderr).toContain(
      'no row of this hash',
    );
  });

  test('over two shards, whose rows are entered when they are merged', async () => {
    await run('ledger', 'other.jsonl', '--create', '--hold', 'fdr', '--alpha', '0.05');
    for (const index of [1, 2])
      await run('gate', '--ledger', 'other.jsonl', '--shard', `${index}/2`, '--out', `s${index}`);
    expect(readLedger(real.path('other.jsonl')).rows).toEqual([]);
    expect((await run('merge', 's1', 's2')).stderr).toContain('the shards were judged for a ledger');
    expect((await run('merge', 's1', 's2', '--ledger', 'other.jsonl', '--out', 'merged')).code).toBe(1);
    const rows = (name: string) =>
      readLedger(real.path(name)).rows.map(({ gate, turn, level, logE, alarm }) => ({
        gate,
        turn,
        level,
        logE,
        alarm,
      }));
    expect(rows('other.jsonl')).toEqual(rows('releases.jsonl'));
    expect((await run('merge', 's1', 's2', '--ledger', 'other.jsonl', '--out', 'merged')).stderr).toContain(
      'rows were entered since the shards began',
    );
  });

  test('a ledger that is not in order: exit 2 before any gate runs; where it is spoilt meanwhile, the report is there all the same', async () => {
    const before = readFileSync(real.path('releases.jsonl'), 'utf8');
    writeFileSync(real.path('releases.jsonl'), before.replace('"alarm":true', '"alarm":false'));
    const { code, stderr } = await run('gate', '--ledger', 'releases.jsonl', '--out', 'never');
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('LedgerError line 3 was changed'),
    });
    expect(stderr).not.toContain('started');
    writeFileSync(real.path('releases.jsonl'), before);
    writeFileSync(real.path('releases.jsonl.lock'), '');
    const late = await run('gate', '--only', 'copy', '--ledger', 'releases.jsonl', '--out', 'late');
    expect(late).toMatchObject({ code: 2, stderr: expect.stringContaining('another run is entering rows') });
    expect(report('late').checks[0]!.status).toBe('held');
    expect(readFileSync(real.path('releases.jsonl'), 'utf8')).toBe(before);
  });

  test('what cannot be asked is said', async () => {
    expect((await run('ledger', 'nowhere.jsonl')).stderr).toContain('the ledger cannot be read');
    expect((await run('ledger', 'releases.jsonl', '--create')).stderr).toContain(
      'there is a ledger of this name already',
    );
    expect((await run('ledger', 'releases.jsonl', '--alpha', '0.1')).stderr).toContain('settled when it is begun');
    expect((await run('ledger', 'new.jsonl', '--create', '--hold', 'evr')).stderr).toContain('did you mean "ever"');
    expect((await run('ledger', 'new.jsonl', '--create', '--alpha', '2')).stderr).toContain('--alpha is "2"');
  });
});
