/** The reports that are plain text: the terminal's and the summary's. */
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { tmpdir } from 'node:os';
import { messageOf } from '../../matchers/message.js';
import { FileError } from '../../src/errors.js';
import { oneLine, plainJson, plainText, printable } from '../../src/plain.js';
import { toHtml } from '../../reports/html.js';
import { toJson } from '../../reports/json.js';
import { resultsOf, toJunit } from '../../reports/junit.js';
import type { Check, Report } from '../../reports/schema.js';
import { fenced, markdown, xmlText } from '../../reports/plain.js';
import { toSummary } from '../../reports/summary.js';
import { wantsColour } from '../../reports/colour.js';
import { checkText, toTerminal } from '../../reports/terminal.js';
import { anyReport, makeCheck, makeUnjudged, reportOf } from './evidence.js';
import { anyText } from '../helpers/any-text.js';

const held = makeCheck({ m1: 20, m2: 20, seed: 4, test: 'quantised' });
const violated = makeCheck({ offset: 3, test: 'other mechanism' });
const open = makeCheck({ m1: 3, m2: 12, offset: 0.95, seed: 3, test: 'few' });
const unjudged = makeUnjudged();
// oxlint-disable-next-line no-control-regex
const control = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/;

describe('terminal', () => {
  test('a check that does not hold says what was expected and measured, what failed, and how to replay it', () => {
    const text = checkText(violated, { colour: false, width: 400 });
    const { judgement } = violated.evidence!;
    for (const part of [
      '✗ other mechanism – violated',
      'Expected  equivalent: cross-model distance at most 25 % larger than within-model distance',
      'Received  different (necessity violated)',
      judgement.reasons[0]!,
      'tolerance 25 %',
      violated.evidence!.bySite[0]!.site,
      `Replay    ${violated.replay}`,
    ])
      expect(text).toContain(part);
  });
  test('an undecided one says what would settle it', () => {
    const text = checkText(open, { colour: false, width: 200 });
    expect(text).toContain('undecided (sufficiency not established)');
    expect(text).toContain(`To settle ${open.evidence!.judgement.wouldSettle}`);
  });
  test('one that was not judged says why and what to do', () => {
    expect(checkText(unjudged, { colour: false })).toMatchInlineSnapshot(`
"! a release that cannot be read – not judged
  Problem   The header says 2000 bytes, the file has 1000
  Where     models/v2.safetensors
  To do     Copy the file again; it looks truncated.
  Replay    npx congruity gate congruity.config.ts --only v2
"
`);
  });
  test('one that holds takes two lines', () => {
    expect(checkText(held, { colour: false }).split('\n')).toHaveLength(3);
  });
  test('and says so if it is blind to what was planted', () => {
    const reasons = ['The comparison is blind to what was planted: of every kind, less than half is stopped.', 'more'];
    const power = { rows: [], confidence: 0.95, draws: 12, inputs: 60, judged: 6, planned: 6, cached: true, reasons };
    const told = (blind: boolean) =>
      checkText({ ...held, evidence: { ...held.evidence!, power: { ...power, blind } } }, { colour: false });
    expect(told(true).split('\n')).toEqual([...told(false).split('\n').slice(0, 2), `  ${reasons[0]}`, '']);
  });
  test('in brief each takes one', () => {
    for (const check of [held, violated, open, unjudged])
      expect(checkText(check, { colour: false, brief: true })).not.toContain('\n');
  });

  test('a hundred checks: a line first for each that does not hold, and the first few of these in full', () => {
    const many = (n: number) =>
      reportOf(
        ...Array.from({ length: n }, (_, i) =>
          [held, violated, open, unjudged].map((check) => ({ ...check, test: `${check.test} ${i}` })),
        ).flat(),
      );
    const lines = toTerminal(many(25), { colour: false, width: 100, details: 5, folder: 'out' }).split('\n');
    expect(lines.slice(0, 75).every((line) => /^[✗?!] /.test(line))).toBe(true);
    expect(lines[76]).toBe('what holds is listed with --verbose, and in the report');
    expect(lines[75]).toMatch(/^25 of 100 checks hold: 25 violated, 25 not established, 25 not judged\. \(/);
    expect(lines.filter((line) => line.startsWith('  Replay'))).toHaveLength(5);
    expect(lines.slice(-3)).toEqual([
      '70 more that do not hold: in the report, or in full here with --verbose',
      'Report: out',
      '',
    ]);
    expect(lines.length).toBeLessThan(260);
    // all that there is of few
    const few = toTerminal(many(1), { colour: false, details: 5 });
    for (const check of [violated, open, unjudged])
      expect(few).toContain(checkText({ ...check, test: `${check.test} 0` }, { colour: false }));
    expect(few).not.toContain('--verbose');
    // what could not be judged says why in its line, too
    expect(checkText(unjudged, { colour: false, brief: true })).toBe(
      '! a release that cannot be read – not judged: The header says 2000 bytes, the file has 1000',
    );
  });

  test('plain: no control character reaches the terminal, whatever the names hold', () => {
    fc.assert(
      fc.property(anyReport, (report) => {
        const text = toTerminal(report, { colour: false, folder: 'congruity-report' });
        expect(control.exec(text)).toBeNull();
        expect(control.exec(toTerminal(report, { colour: false, details: 1 }))).toBeNull();
        for (const check of report.checks) expect(text).toContain(oneLine(check.test));
      }),
      { numRuns: 40 },
    );
  });
  test('coloured: the same text in colour', () => {
    const report = reportOf(held, violated, open, unjudged);
    const coloured = toTerminal(report, { colour: true });
    expect(coloured).toContain('\u001b[31m✗ other mechanism\u001b[39m');
    // oxlint-disable-next-line no-control-regex
    expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(toTerminal(report, { colour: false }));
  });

  test.each([
    [true, {}, true],
    [false, {}, false],
    [undefined, {}, false],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [false, { FORCE_COLOR: '1' }, true],
    [false, { FORCE_COLOR: '' }, true],
    [true, { FORCE_COLOR: '0' }, false],
    [true, { FORCE_COLOR: '1', NO_COLOR: '1' }, true],
    [true, { TERM: 'dumb' }, false],
  ])('colour where isTTY is %p and the environment %p: %p', (isTTY, env, wanted) =>
    expect(wantsColour({ isTTY }, env)).toBe(wanted),
  );
});

describe('summary', () => {
  test('a row per check, and details of those that do not hold', () => {
    const text = toSummary(reportOf(held, violated, open, unjudged));
    expect(text).toContain('## congruity: 1 of 4 checks holds: 1 violated, 1 not established, 1 not judged.');
    expect(text.match(/^\| [✗✓?!] \|/gm)).toHaveLength(4);
    expect(text.match(/^### /gm)).toEqual(['### ', '### ', '### ']);
    expect(text).toContain('- Received: different (necessity violated)\n');
    expect(text).toContain(`- To settle: ${open.evidence!.judgement.wouldSettle}`);
    expect(text).toContain('- To do: Copy the file again');
    expect(text).toContain(`\`\`\`\n${violated.replay}\n\`\`\``);
  });

  test('of many, those that hold are folded away', () => {
    const named = (check: Check, n: number): Check[] =>
      Array.from({ length: n }, (_, i) => ({ ...check, test: `${check.test} ${i}` }));
    const text = toSummary(reportOf(...named(held, 18), ...named(violated, 3)));
    const [before, after] = text.split('<details><summary>The other 18</summary>\n\n');
    expect([before, after].map((part) => part!.match(/^\| [✗✓?!] \|/gm)!.length)).toEqual([3, 18]);
    expect(after).toMatch(/\|\n\n<\/details>\n\nSeed and environment/);
    expect(toSummary(reportOf(...named(held, 21)))).toContain('<details><summary>All 21</summary>');
    expect(toSummary(reportOf(...named(held, 20)))).not.toContain('<details>');
    expect(toSummary(reportOf(...named(violated, 21)))).not.toContain('<details>');
  });

  test('no name breaks the table, opens a tag, a link or a heading, or mentions anyone', () => {
    fc.assert(
      fc.property(anyReport, (report) => {
        const text = toSummary(report);
        expect(control.exec(text)).toBeNull();
        const outside = text.replace(/^(`{3,})\n.*\n\1$/gm, '');
        expect(outside).not.toMatch(/<[a-z!/]|(?<!\\)\]\(|@/i);
        // a row has the table's eight bars and no other that is not escaped
        for (const row of outside.split('\n').filter((line) => line.startsWith('|')))
          expect(row.match(/(?<!\\)\|/g)).toHaveLength(8);
        expect(outside.match(/^#{1,6} /gm)).toHaveLength(
          1 + report.checks.filter((check) => check.status !== 'held').length,
        );
      }),
      { numRuns: 40 },
    );
  });
});

const hostile = [
  '::error file=a::b',
  'a ::error::b',
  ':::error::b',
  'a\n::error::b',
  'a\r\n\t::stop-commands::x',
  'a\u2028::error::b',
  'a\u0085::error::b',
  'a\u000b::error::b',
  '\u200b::error::b',
  '\u00ad::error::b',
  '\u00a0::error::b',
  ':\u200d:error::b',
  '##[error]a',
  'a##[group]b',
  '###[error]a',
  '#\u200b#[error]a',
  '#\ufe0f#[error]a',
  '##vso[task.setvariable variable=x]y',
  "##teamcity[testFailed name='x']",
  '\rsection_start:1:x\r\u001b[0K',
  '\u001b]0;title\u0007\u009b31m\u001b[2Jx',
  'a\u202egnp.exe \u2066b\u2069',
  ':\u001b[0m:error::b',
  '\ud800::error::b',
  'word '.repeat(30) + ':: ::error::',
];
/** What a CI takes for a command, where a reader of its kind skips what shows nothing; and what a terminal or a reader is misled by. */
const command = /^\s*::|##[\w.-]*\[|section_(?:start|end):|[^\P{Cc}\n\t]|[\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/mu;
// oxlint-disable-next-line no-control-regex
const uncoloured = (text: string): string => text.replace(/\u001b\[\d+m/g, '');

test('no name speaks to anybody but the reader, in any writer', async () => {
  const words = `\n${hostile.join(' ')}`;
  const pieces = [
    makeCheck({ offset: 3, words, test: words }),
    makeCheck({ words, test: words }),
    ...hostile.map((name) => ({ ...makeUnjudged({ what: name, test: name }), aside: name })),
  ];
  const report = { ...reportOf(...pieces), partial: hostile[0]! };
  for (const width of [20, 100]) {
    expect(command.exec(toTerminal(report, { colour: false, width, folder: hostile[0]! }))).toBeNull();
    expect(command.exec(uncoloured(toTerminal(report, { colour: true, width, details: 2 })))).toBeNull();
  }
  expect(command.exec(toSummary(report))).toBeNull();
  expect(command.exec(toHtml(report))).toBeNull();
  const { results, checksOf } = resultsOf(report);
  expect(command.exec(await toJunit(results, checksOf, tmpdir(), report))).toBeNull();
  expect(command.exec(toJson(report))).toBeNull();
  expect((JSON.parse(toJson(report)) as Report).checks).toEqual(report.checks);
});

describe.each(hostile.map((name) => [plainJson(JSON.stringify(name)), name] as const))(
  'a name that is %s',
  (_, name) => {
    test('does nothing in an error, whatever caused it', () => {
      const cause = new Error(name, { cause: name });
      const error = new FileError({ what: `the tensor ${name} is damaged`, where: name, hint: name, cause });
      for (const text of [error.message, error.stack!, cause.message, cause.stack!, cause.cause as string])
        expect(command.exec(text)).toBeNull();
      expect(error).toMatchObject({ what: `the tensor ${name} is damaged`, where: name, hint: name });
    });
    test('does nothing in the message of a matcher', () => {
      const same = (text: string): string => text;
      const utils = {
        matcherHint: (...names: readonly unknown[]) => names.slice(0, 3).join(' '),
        EXPECTED_COLOR: same,
        RECEIVED_COLOR: same,
      };
      const account = {
        matcher: 'm',
        received: name,
        argument: name,
        task: { name, inputs: 1, behaviour: name, threshold: name },
        expected: name,
        verdict: name,
        key: [[name, name]],
        smallest: [name, name],
        reasons: [name],
        rows: [[name, `${name} ${name}`]],
        wouldSettle: name,
        replay: name,
        singleSite: name,
      } as const;
      expect(command.exec(messageOf({ utils }, account))).toBeNull();
    });
  },
);

describe('plain text', () => {
  test('words that only look like it stay', () => {
    for (const text of [
      'aten::add, std::vector',
      'a: b :c',
      '# one ## two [three]',
      'گفته\u200cاند',
      '❤\ufe0f\u200d🔥 क्\u200dष',
      '👩🏽\u200d🚀',
      'section start: 5',
    ])
      expect(oneLine(text)).toBe(text);
    expect(plainText('a\r\n\tb\nc')).toBe('a\n\tb\nc');
    expect(oneLine('a\r\n\tb\u2028c')).toBe('a b c');
    expect(oneLine('::error::x ##[y]')).toBe(': :error::x # #[y]');
  });
  test('is the same the second time', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constantFrom(...hostile), anyText())), (parts) =>
        expect(oneLine(oneLine(parts.join('')))).toBe(oneLine(parts.join(''))),
      ),
    );
  });
  test('an error that causes itself', () => {
    const error = new Error('##[a]');
    error.cause = error;
    expect(printable(error)).toBe(error);
    expect(error.message).toBe('# #[a]');
  });
  test('markdown', () =>
    expect(markdown('a|b `c` <d> [e](f) *g*\nh @i')).toBe('a\\|b \\`c\\` &lt;d&gt; \\[e\\](f) \\*g\\* h &#64;i'));
  test('a fence is longer than what it holds', () => expect(fenced('a ```` b')).toBe('`````\na ```` b\n`````'));
  test('xmlText leaves only what XML 1.0 allows', () => {
    fc.assert(
      fc.property(anyText(), (text) => {
        expect(xmlText(text)).toMatch(/^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u);
      }),
    );
    expect(xmlText('a\ud800b\u0000c😀')).toBe('a\ufffdb\ufffdc😀');
  });
});

test('of a hundred checks that do not hold the summary tells twelve in full, and fits into a comment of GitHub', () => {
  const text = toSummary(reportOf(...Array.from({ length: 100 }, (_, i) => ({ ...violated, test: `gate ${i}` }))));
  expect(text.split('\n### ')).toHaveLength(13);
  expect(text).toContain('88 more that do not hold: in report.html and report.json.');
  // a row for each
  expect(text.match(/^\| ✗ \| gate \d+ \|/gm)).toHaveLength(100);
  expect(text.length).toBeLessThan(65_536);
});
