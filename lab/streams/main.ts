/** Prints the tables of lab/streams.md. Deterministic by seed. */
import { eBH, levelAt, type HeldRate } from '../../src/statistics/streams.js';
import { EProcess } from '../../src/statistics/e-process.js';
import { wilson } from '../../src/statistics/intervals.js';
import { random, type Random } from '../../src/random.js';

const ALPHA = 0.05;
const DIMENSION = 4;
/** of 40 draws */
const BLOCKS = 20;
/** How far apart a changed release is: its strangers are four times as far as siblings. */
const FAR = 11;

type Point = Float64Array;
const point = (r: Random): Point => Float64Array.from({ length: DIMENSION }, () => r.normal());
const distance = (a: Point, b: Point, shift: number): number => {
  let sum = (a[0]! - b[0]! + shift) ** 2;
  for (let f = 1; f < DIMENSION; f++) sum += (a[f]! - b[f]!) ** 2;
  return Math.sqrt(sum);
};

/** Draws of a baseline: the same for all releases of a stream, or other ones for each. */
type Baseline = (block: number) => readonly [Point, Point];

/**
 * The evidence of one release after each block, as a natural logarithm. A good release is as near the edge as there is: from one side strangers are as often nearer as
 * farther, and the other side sees a difference.
 */
function evidence(r: Random, baseline: Baseline, changed: boolean): Float64Array {
  // what the running test of a comparison holds for each side
  const sides = [new EProcess('low'), new EProcess('low')] as const;
  const shift = changed ? FAR : 0;
  return Float64Array.from({ length: BLOCKS }, (_, block) => {
    const [a, b] = baseline(block);
    const [c, d] = [point(r), point(r)];
    const strangers = [distance(a, c, shift), distance(a, d, shift), distance(b, c, shift), distance(b, d, shift)];
    const siblings = [distance(a, b, 0), changed ? distance(c, d, 0) : 1e-9];
    for (const [i, side] of sides.entries())
      side.observe(strangers.filter((far) => far > siblings[i]!).length / strangers.length);
    return Math.min(sides[0].log, sides[1].log);
  });
}

/** Looked at after every block, until it is enough for `level` or the draws are spent. */
const stopped = (path: Float64Array, level: number): number =>
  path.find((log) => log >= -Math.log(level)) ?? path.at(-1)!;

interface Setting {
  readonly name: string;
  /** changed releases */
  readonly changed: number;
  readonly shared: boolean;
  /** times that a release is drawn anew while it raises no alarm: somebody who looks again */
  readonly looks: number;
}

type Rule = 'none' | HeldRate;
const rules: readonly Rule[] = ['none', 'ever', 'fdr'];

interface Counts {
  ever: number;
  fdp: number;
  firstFalse: number;
  found: number;
  eBH: number;
  /** of a person who looks at e-BH after every release: the largest share of false ones at any time */
  worst: number;
}

/** The evidence of release and look, the same whatever the rule. */
function paths(seed: number, n: number, releases: number, { changed, shared }: Setting) {
  const label = `stream ${n}`;
  const bad = new Set(random(seed, `${label} changed`).subset(releases, changed));
  const fixed = random(seed, `${label} baseline`);
  const kept = Array.from({ length: BLOCKS }, () => [point(fixed), point(fixed)] as const);
  const known = new Map<string, Float64Array>();
  return {
    bad,
    of(release: number, look: number): Float64Array {
      const name = `${label} release ${release} look ${look}`;
      const before = known.get(name);
      if (before) return before;
      const r = random(seed, name);
      const path = evidence(r, shared ? (block) => kept[block]! : () => [point(r), point(r)], bad.has(release));
      known.set(name, path);
      return path;
    },
  };
}

function stream(all: ReturnType<typeof paths>, releases: number, looks: number, rule: Rule): Counts {
  const rows: { logE: number; bad: boolean; alarm: boolean }[] = [];
  const count = (which: boolean): number => rows.filter((row) => row.alarm && row.bad === which).length;
  let firstFalse = 0;
  let worst = 0;
  let alarms = 0;
  for (let release = 0; release < releases; release++) {
    const bad = all.bad.has(release);
    for (let look = 0; look < looks; look++) {
      const level = rule === 'none' ? ALPHA : levelAt(rows.length + 1, alarms, { alpha: ALPHA, hold: rule });
      const logE = stopped(all.of(release, look), level);
      const alarm = logE >= -Math.log(level);
      if (alarm && alarms === 0 && !bad) firstFalse = 1;
      rows.push({ logE, bad, alarm });
      if (!alarm) continue;
      alarms++;
      break;
    }
    if (rule === 'fdr') worst = Math.max(worst, falseShare(rows));
  }
  const [wrong, right] = [count(false), count(true)];
  return {
    ever: wrong > 0 ? 1 : 0,
    fdp: wrong / Math.max(1, wrong + right),
    firstFalse,
    found: right,
    eBH: falseShare(rows),
    worst,
  };
}

/** Of what e-BH finds. */
function falseShare(rows: readonly { logE: number; bad: boolean }[]): number {
  const found = eBH(
    rows.map(({ logE }) => logE),
    ALPHA,
  );
  const some = rows.filter((_, i) => found[i]);
  return some.filter(({ bad }) => !bad).length / Math.max(1, some.length);
}

const settings: readonly Setting[] = [
  { name: 'all good, baseline drawn anew', changed: 0, shared: false, looks: 1 },
  { name: 'all good, one baseline', changed: 0, shared: true, looks: 1 },
  { name: 'all good, one baseline, each looked at three times', changed: 0, shared: true, looks: 3 },
  { name: '5 of 50 changed, one baseline', changed: 5, shared: true, looks: 1 },
  { name: '25 of 50 changed, one baseline', changed: 25, shared: true, looks: 1 },
];

const share = (n: number, of: number): string => {
  const { estimate, low, high } = wilson(n, of, 0.95);
  return `${(100 * estimate).toFixed(1)} (${(100 * low).toFixed(1)}-${(100 * high).toFixed(1)})`;
};
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const percent = (values: readonly number[]): string => {
  const m = mean(values);
  const error = Math.sqrt(mean(values.map((v) => (v - m) ** 2)) / values.length);
  return `${(100 * m).toFixed(2)} (± ${(196 * error).toFixed(2)})`;
};

export function main({ streams, releases, seed }: { streams: number; releases: number; seed: number }): void {
  const head = [
    'stream',
    'rule',
    'any false alarm, %',
    'first alarm is false, %',
    'false share of alarms, %',
    'e-BH at the end, %',
    'e-BH at the worst moment, %',
    'changed ones found',
  ];
  for (const row of [head, head.map(() => '---')]) console.log(`| ${row.join(' | ')} |`);
  for (const setting of settings) {
    const counts: Record<Rule, Counts[]> = { none: [], ever: [], fdr: [] };
    for (let n = 0; n < streams; n++) {
      const all = paths(seed, n, releases, setting);
      for (const rule of rules) counts[rule].push(stream(all, releases, setting.looks, rule));
    }
    for (const rule of rules) {
      const found = counts[rule];
      const sum = (of: (one: Counts) => number): number => found.reduce((total, one) => total + of(one), 0);
      console.log(
        `| ${[
          setting.name,
          rule,
          share(
            sum(({ ever }) => ever),
            streams,
          ),
          share(
            sum(({ firstFalse }) => firstFalse),
            streams,
          ),
          percent(found.map(({ fdp }) => fdp)),
          percent(found.map(({ eBH: of }) => of)),
          rule === 'fdr' ? percent(found.map(({ worst }) => worst)) : '',
          setting.changed === 0 ? '' : `${(sum(({ found: of }) => of) / streams).toFixed(2)} of ${setting.changed}`,
        ].join(' | ')} |`,
      );
    }
  }
}
