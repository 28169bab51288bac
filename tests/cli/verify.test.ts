/** Reports derived again from fingerprints, and cards made of them: what comes out, and what is wrong with reports and files. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { cardCommand } from '../../cli/line/card.js';
import { mergeCommand } from '../../cli/shards/merge.js';
import { verifyCommand } from '../../cli/line/verify.js';
import { task } from '../../generators/task.js';
import { exitCodeOf, makeReport, totalsOf } from '../../reports/report.js';
import type { Check, Report } from '../../reports/schema.js';
import { writeFingerprint } from '../../src/fingerprint/file.js';
import { fingerprint } from '../../src/fingerprint/make.js';
import { klToClean, pairs, range } from '../../src/task/index.js';
import { compareFingerprints } from '../../src/verdict/compare-fingerprints.js';
import { holding } from '../../src/verdict/relation/decide.js';
import type { Outcome } from '../../src/verdict/rule/outcome.js';
import { randomTransformer, vocabulary } from '../helpers/random-transformer.js';
import { Project } from './command.js';

const project = new Project();
const on = task({
  name: 'says the same',
  inputs: pairs(range(vocabulary), range(vocabulary)),
  behaviour: klToClean(),
  threshold: { atMost: 0.02 },
});
const report = project.path('report.json');
const baselines = project.path('baselines');
let whole: Report;

beforeAll(async () => {
  const [a, b] = await Promise.all(
    [0, 0.05].map((noise, i) => randomTransformer(`v${i + 1}`, noise, { n_layers: 1, d_mlp: 8, n_heads: 2 })),
  );
  const first = await fingerprint(a!, { on, draws: 12, inputs: 25, measure: 'cka', responses: 64 });
  const second = await fingerprint(b!, { on, like: first, responses: 64 });
  [a, b].forEach((model) => model!.dispose());
  mkdirSync(baselines);
  writeFingerprint(project.path('baselines', 'v1.safetensors'), first);
  writeFingerprint(project.path('baselines', 'v2.safetensors'), second);
  const evidence = await compareFingerprints(first, second, { alsoReport: [], bootstrap: 100, shrink: false });
  const check: Check = {
    file: 'gates',
    test: 'v2',
    matcher: 'toBeInterpretivelyEquivalent',
    expected: 'equivalent',
    status:
      evidence.outcome === 'equivalent' ? 'held' : evidence.outcome === 'different' ? 'violated' : 'not established',
    evidence: evidence as unknown as Check['evidence'],
    replay: 'npx congruity gate',
  };
  whole = makeReport([check], { version: '0', started: new Date(0), seconds: 1 });
}, 300_000);
afterAll(() => project.remove());

/** Runs it on a report, and says what it printed. */
async function verified(
  change: (report: Report) => unknown,
  ...files: string[]
): Promise<{ code: number; said: string }> {
  writeFileSync(report, JSON.stringify(change(JSON.parse(JSON.stringify(whole)) as Report)));
  const write = jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
  try {
    const code = await verifyCommand(report, files.length > 0 ? files : [baselines], {});
    return { code, said: write.mock.calls.map(([text]) => String(text)).join('') };
  } finally {
    write.mockRestore();
  }
}
type Changed = {
  checks: [
    {
      status: string;
      evidence: {
        outcome: string;
        judgement: {
          outcome: string;
          strangers: { estimate: number };
          sides: [object, { excess: { low: number } }];
        };
        distances: { across: number[][] };
        relation: { asked?: string; strongest: string; holds: string[]; distances: string };
        response: { untouched: { discrepancy: { estimate: number } } };
      };
    },
  ];
};
const same = (one: Report): Report => one;

test('an untouched report comes out again to the number', async () => {
  expect(await verified(same)).toMatchObject({ code: 0, said: expect.stringContaining('the same, to the number') });
});

/** With its first check changed, by someone who counts again. */
const edited =
  (change: (check: Changed['checks'][0]) => void) =>
  (one: Report): Report => {
    change((one as unknown as Changed).checks[0]);
    return { ...one, totals: totalsOf(one.checks), exitCode: exitCodeOf(one.checks) };
  };

test.each<[string, (check: Changed['checks'][0]) => void, RegExp]>([
  [
    'the verdict',
    (check) => {
      const other = check.evidence.outcome === 'equivalent' ? 'different' : 'equivalent';
      check.evidence.outcome = check.evidence.judgement.outcome = other;
      check.status = other === 'equivalent' ? 'held' : 'violated';
    },
    /evidence\.outcome is "\w+" in the report, and "\w+" comes out/,
  ],
  [
    'a number of the judgement',
    ({ evidence }) => (evidence.judgement.strangers.estimate += 0.001),
    /evidence\.judgement\.strangers\.estimate is/,
  ],
  [
    'a distance',
    ({ evidence }) => (evidence.distances.across[1]![2]! += 1e-9),
    /evidence\.distances\.across\[1\]\[2\] is/,
  ],
  [
    'the relation',
    ({ evidence: { relation } }) => (relation.strongest = relation.strongest === 'derived' ? 'equivalent' : 'derived'),
    /evidence\.relation\.strongest is/,
  ],
  [
    'what was found of answers',
    ({ evidence }) => (evidence.response.untouched.discrepancy.estimate = 0.9),
    /evidence\.response\.untouched\.discrepancy\.estimate is 0\.9 in the report/,
  ],
])('%s was edited: it does not hold, exit 1, and the number is named', async (_, change, said) => {
  const found = await verified(edited(change));
  expect(found).toMatchObject({ code: 1, said: expect.stringMatching(/DOES NOT HOLD/) });
  expect(found.said).toMatch(said);
});

const other = (outcome: string): string => (outcome === 'equivalent' ? 'different' : 'equivalent');
const statusOf = (outcome: string): string => (outcome === 'equivalent' ? 'held' : 'violated');

test.each<[string, (check: Changed['checks'][0]) => void, RegExp]>([
  [
    'the verdict, wherever it stands',
    (check) => {
      check.evidence.outcome = check.evidence.judgement.outcome = other(check.evidence.outcome);
      check.status = statusOf(check.evidence.outcome);
    },
    /outcome is "\w+", and "\w+" follows from what distances, twins and responses say/,
  ],
  [
    'what distances say, and the verdict as it follows from that',
    (check) => {
      const { evidence } = check;
      const { relation } = evidence;
      relation.asked = 'equivalent';
      relation.distances = evidence.outcome = evidence.judgement.outcome = other(relation.distances);
      const said = { distances: evidence.outcome as Outcome, twins: undefined, responses: undefined };
      Object.assign(evidence, { twins: undefined, response: undefined });
      relation.holds = [...holding('equivalent', said)];
      relation.strongest = relation.holds[0]!;
      check.status = statusOf(evidence.outcome);
    },
    /distances are said to be "\w+", and "\w+" follows from the judgement's numbers/,
  ],
  ['a mean', ({ evidence }) => (evidence.judgement.strangers.estimate += 0.001), /judgement\.strangers\.estimate is/],
  [
    'a limit',
    ({ evidence }) => (evidence.judgement.sides[1].excess.low -= 0.01),
    /judgement\.sides\[1\]\.excess\.low is/,
  ],
  ['a distance', ({ evidence }) => (evidence.distances.across[1]![2]! += 0.01), /judgement\.strangers\.estimate is/],
  [
    'the relation',
    ({ evidence: { relation } }) => (relation.strongest = relation.strongest === 'derived' ? 'equivalent' : 'derived'),
    /relation\.strongest is/,
  ],
])(
  '%s was edited: neither a card nor a merged report is made of it, and the check is named',
  async (_, change, said) => {
    const shard = { index: 1, count: 1, gates: ['v2'], all: 1, run: 'r' };
    const where = expect.stringMatching(/report\.json: v2$/);
    const text = JSON.stringify(edited(change)(JSON.parse(JSON.stringify({ ...whole, shard })) as Report));
    writeFileSync(report, text);
    const out = project.path('of-edited');
    for (const made of [() => cardCommand(project.folder, { out }), () => mergeCommand([report], { out })]) {
      const error = await made().then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error).toMatchObject({ code: 'BAD_FILE', where, what: expect.stringMatching(said) });
    }
    expect(existsSync(out)).toBe(false);
  },
);

test('a fingerprint that is missing: that verdict is not known, exit 2; none at all is an error', async () => {
  expect(await verified(same, project.path('baselines', 'v1.safetensors'))).toMatchObject({
    code: 2,
    said: expect.stringContaining('there is no fingerprint of v2 on its task'),
  });
  mkdirSync(project.path('empty'));
  await expect(verified(same, project.path('empty'))).rejects.toThrow(/there are no fingerprints/);
  await expect(verified(same, project.path('nowhere.safetensors'))).rejects.toThrow(/there is no such file/);
});

test('a fingerprint that was damaged, or is none, is refused', async () => {
  const bytes = readFileSync(project.path('baselines', 'v2.safetensors'));
  bytes[bytes.length - 3]! ^= 1;
  writeFileSync(project.path('damaged.safetensors'), bytes);
  await expect(verified(same, project.path('damaged.safetensors'))).rejects.toThrow(/its digest is another one/);
});

test.each<[string, (report: Report) => unknown, RegExp]>([
  ['another version of the report', (one) => ({ ...one, schemaVersion: 999 }), /./],
  ['no report', () => ({ hello: 1 }), /./],
  ['a list', () => [], /./],
  ['totals that are not those of the checks', (one) => ({ ...one, totals: { ...one.totals, held: 99 } }), /totals/],
  ['an exit code that is not that of the checks', (one) => ({ ...one, exitCode: 2 }), /exit code/],
  ['a check without a status', (one) => ({ ...one, checks: [{ ...one.checks[0]!, status: 'fine' }] }), /status/],
])('%s is an error for verify and card, and nothing is written', async (_, change, said) => {
  await expect(verified(change)).rejects.toMatchObject({
    code: 'BAD_FILE',
    hint: expect.any(String),
    message: expect.stringMatching(said),
  });
  await expect(cardCommand(report, { out: project.path('card') })).rejects.toMatchObject({ code: 'BAD_FILE' });
  expect(existsSync(project.path('card'))).toBe(false);
});

test('a card says what was compared; a folder that cannot be made is an error', async () => {
  writeFileSync(report, JSON.stringify(whole));
  const write = jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
  try {
    expect(await cardCommand(report, { out: project.path('card') })).toBe(0);
  } finally {
    write.mockRestore();
  }
  const card = readFileSync(project.path('card', 'card.md'), 'utf8');
  for (const word of ['v1', 'v2', 'says the same']) expect(card).toContain(word);
  expect(JSON.parse(readFileSync(project.path('card', 'badge.json'), 'utf8'))).toMatchObject({ schemaVersion: 1 });
  await expect(cardCommand(report, { out: project.path('report.json', 'card') })).rejects.toThrow(/folder cannot be/);
});
