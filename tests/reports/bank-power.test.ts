/** The sections of a bank and of power, in every form. */
import { expect, test } from '@jest/globals';
import { toHtml } from '../../reports/html.js';
import { checkSchema } from '../../reports/schema.js';
import { bank } from '../../reports/sections/bank.js';
import { power } from '../../reports/sections/power.js';
import { sectionsOf } from '../../reports/sections/index.js';
import { clopperPearson } from '../../src/statistics/binomial.js';
import { makeCheck, reportOf } from './evidence.js';

const classOf = (names: readonly string[]) => ({
  p: 1 / 9,
  level: 1 / 9,
  limit: 0.3,
  members: names.map((name, i) => ({ name, score: 0.1 + 0.02 * i })),
  candidate: 0.5,
});
const plain = makeCheck();
const row = (kind: string, stopped: number, broken: number) => ({
  kind,
  dose: 1,
  description: `${kind}, as far as the behaviour allows`,
  planted: 6,
  broken,
  stopped,
  different: 0,
  share: clopperPearson(stopped, 6 - broken, 0.95),
});
const check = {
  ...plain,
  evidence: {
    ...plain.evidence!,
    bank: {
      of: 'runs' as const,
      outcome: 'different' as const,
      findings: [],
      reasons: [],
      measure: 'cka' as const,
      tolerance: 0.25,
      excess: 2 / 3,
      control: 3,
      accepted: classOf(Array.from({ length: 8 }, (_, i) => `run <${i}>`)),
      stop: classOf(Array.from({ length: 8 }, (_, i) => `other ${i}`)),
      set: [],
    },
    power: {
      rows: [row('circuit', 5, 0), row('noise', 0, 6)],
      confidence: 0.95,
      draws: 12,
      inputs: 128,
      judged: 6,
      planned: 6,
      blind: false,
      reasons: ['circuit: 5 of 6 stopped.'],
      cached: true,
    },
  },
};

test('evidence with both is what the schema takes, and each has its section', () => {
  expect(checkSchema.parse(check)).toEqual(check);
  expect(sectionsOf(plain)).not.toContain(bank);
  expect(sectionsOf(plain)).not.toContain(power);
  expect(sectionsOf(check)).toEqual(expect.arrayContaining([bank, power]));
});

test('the page shows all models of a bank and where the candidate lies; names cannot be tags', () => {
  const page = toHtml(reportOf(check));
  const own = page.slice(page.indexOf('check1-bank'), page.indexOf('check1-power'));
  expect(own.match(/<circle/g)).toHaveLength(16);
  expect(own.match(/<polygon/g)).toHaveLength(2);
  expect(own).toContain('run &lt;3&gt;');
  expect(own).not.toContain('run <3>');
  const other = page.slice(page.indexOf('check1-power'));
  expect(other).toContain('5 of 6');
  expect(other).toContain('all refused');
  expect(other).toContain('Known from an earlier run.');
});

test('lines and properties say p, the level and the shares', () => {
  expect(bank.lines!(check)).toEqual([
    {
      label: 'the bank',
      text: expect.stringMatching(/^p = 0\.11 among 8, level 0\.11; 66\.7 % above the limit, tolerance 25 %$/),
    },
    { label: 'to be stopped', text: 'p = 0.11 among 8, level 0.11' },
  ]);
  expect(power.lines!(check)).toEqual([{ label: 'power', text: 'circuit: 5 of 6 stopped' }]);
  expect(bank.properties!(check)).toEqual({
    'bank.outcome': 'different',
    'bank.p': String(1 / 9),
    'bank.level': String(1 / 9),
    'bank.excess': String(2 / 3),
    'bank.stop.p': String(1 / 9),
  });
  expect(power.properties!(check)).toMatchObject({
    'power.circuit.1.kept': '6',
    'power.circuit.1.stopped': '5',
    'power.noise.1.kept': '0',
    'power.blind': 'false',
  });
});
