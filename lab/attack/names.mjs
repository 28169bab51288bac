// Names that attack a terminal, a CI's log, a page, a table or a path: in gates, models, sites, tasks, errors and files, through the command and through Jest's reporter.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { gate, jest, project, started } from './gates.mjs';
import { dist, row, workFolder } from './place.mjs';

const hostile = [
  '\u001b[2J\u001b[31mred',
  '\u001b]0;title\u0007',
  '\u001b]8;;http://evil\u001b\\link',
  '\u009b31mred',
  'x\n::error::evil',
  '::error file=a::evil',
  '\r::set-output name=a::evil',
  '##[error]evil',
  '##vso[task.setvariable variable=a]evil',
  'x\u2028::warning::evil',
  '\u202egpj.exe',
  '\u2066a\u2069b',
  '\u200b\u200bzero',
  'nul\u0000nul',
  'back\u0008\u0008space',
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  ']]>&amp;&lt;<![CDATA[',
  '__proto__',
  'constructor',
  'toString',
  '../../../etc/passwd',
  '/etc/passwd',
  'a|b|c',
  '| --- |',
  '`code` **bold** [link](javascript:alert(1))',
  '@everyone',
  '$(touch evil)',
  '`touch evil`',
  '; touch evil',
  '%0a::error::evil',
  'x'.repeat(5000),
  `${'word '.repeat(40)}::error::evil`,
  '\ud800',
  '\ufffe\uffff',
  ' ',
  'é́́́',
  '-',
  '--help',
  '*',
  'C:\\Windows',
];

/** Four of them give a gate whose models and sites have hostile names, too; the others cannot be judged, and their error has it. */
const config = `const { side, sums, options } = require('./library.cjs');
// a name of spaces is refused, which ends the command before any gate runs
const names = require('./names.json').filter((name) => name.trim() !== '');
const refused = [];
const gates = names.flatMap((name, i) => {
  try {
    const made = () => side(name, { site: name });
    made(); sums(name);
    return i % 10 === 0
      ? [{ name, baseline: made, candidate: () => side(name + ' 2', { site: name }), task: sums(name), options }]
      : [{ name, baseline: made, candidate: () => { throw new Error(name); }, task: sums(name), options }];
  } catch (error) { if (typeof error.hint !== 'string') throw error; refused.push(name); return []; }
});
module.exports = { gates };`;

const spec = `require('congruity/setup');
const { side, sums, options: { set, ...options } } = require('./library.cjs');
for (const [i, name] of require('./names.json').entries()) test('test ' + i, async () => {
  const wrong = side(name, { site: 'a' });
  const other = { ...wrong, run: async (...all) => { const result = await wrong.run(...all); result.logits.data.fill(0); return result; } };
  await expect(side('a')).toBehaveLike(other, { on: sums(name) });
}, 60000);`;
/** Jest prints a test's own name as it is: it goes into the report, and is looked for there. */
const namedSpec = `require('congruity/setup');
const { side, sums } = require('./library.cjs');
for (const name of require('./names.json')) test('named ' + name, async () => { await expect(side('a')).toBehaveLike(side('b'), { on: sums() }); });`;
// what a log or a terminal obeys; bidirectional marks change what is read
// oxlint-disable-next-line no-control-regex -- these are looked for
const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;
const shown = (text, at) => JSON.stringify(text.slice(Math.max(0, at - 60), at + 60));

function inTerminal(text) {
  const bad = [];
  const found = control.exec(text.replaceAll('\r\n', '\n'));
  if (found) bad.push(`a control character: ${shown(text, found.index)}`);
  for (const line of text.split('\n'))
    if (/^\s*::[a-z-]+[ :]/.test(line) || /##\[|##vso\[/.test(line))
      bad.push(`a CI command: ${JSON.stringify(line.slice(0, 120))}`);
  return bad;
}

const entity = /&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[0-9a-f]+);)/i;
const tag = /<(\/?)([A-Za-z][\w:.-]*)((?:\s+[\w:.-]+(?:="[^"<]*")?)*)\s*(\/?)>/y;

/** Well formed, as far as names can break it: tags that nest, no loose < or &, no characters that XML has not. */
function inXml(text) {
  if (control.test(text.replaceAll('\r', '')))
    return [`a character that XML has not: ${shown(text, control.exec(text).index)}`];
  const open = [];
  for (let at = text.indexOf('<', text.startsWith('<?xml') ? 1 : 0); at >= 0; at = text.indexOf('<', at + 1)) {
    tag.lastIndex = at;
    const found = tag.exec(text);
    if (!found) return [`a loose < : ${shown(text, at)}`];
    if (found[1] && open.pop() !== found[2]) return [`a tag that closes none: ${shown(text, at)}`];
    if (!found[1] && !found[4]) open.push(found[2]);
  }
  return entity.test(text)
    ? [`a loose & : ${shown(text, entity.exec(text).index)}`]
    : open.length > 0
      ? [`${open[0]} is not closed`]
      : [];
}

const voids = new Set(['meta', 'link', 'br', 'hr', 'img', 'input', 'col']);
function inHtml(text) {
  const bad = [];
  if (control.test(text)) bad.push(`a control character: ${shown(text, control.exec(text).index)}`);
  if (/<script|<img|\son\w+="/i.test(text.replace(/<style>[^]*?<\/style>/, '')))
    bad.push('an element or an attribute that runs something');
  const open = [];
  for (const [, closing, name, , alone] of text
    .replace(/<style>[^]*?<\/style>/, '')
    .matchAll(/<(\/?)([a-zA-Z][\w-]*)((?:"[^"]*"|[^>"])*?)(\/?)>/g)) {
    if (closing) {
      if (open.pop() !== name) return [...bad, `</${name}> closes none`];
    } else if (!alone && !voids.has(name)) open.push(name);
  }
  return open.length > 0 ? [...bad, `<${open[0]}> is not closed`] : bad;
}

function inReport(folder, where, found) {
  const add = (file, bad) => found.bad.push(...bad.map((text) => `${where}, ${file}: ${text}`));
  if (!existsSync(join(folder, 'report.json'))) return add('report.json', ['there is none']);
  const text = (name) => readFileSync(join(folder, name), 'utf8');
  const report = JSON.parse(text('report.json'));
  add('report.json', [
    ...(control.test(text('report.json').replaceAll('\n', '')) ? ['a control character as it is'] : []),
    ...(Object.getPrototypeOf(report) === Object.prototype ? [] : ['a prototype']),
  ]);
  add('junit.xml', inXml(text('junit.xml')));
  add('report.html', inHtml(text('report.html')));
  // nothing is markup between fences
  const outside = text('summary.md').replace(/^(`{3,})[^]*?^\1$/gm, '');
  add('summary.md', [
    ...inTerminal(text('summary.md')),
    ...(/<script|<img|(?<!\\)\]\(javascript/i.test(outside) ? ['markup of a name'] : []),
  ]);
  return undefined;
}

export async function names({ workers = 2 }) {
  const folder = workFolder('names');
  const temporary = join(folder, 'tmp');
  mkdirSync(temporary);
  const command = row('hostile names: the command');
  const reporter = row('hostile names: Jest with the reporter');
  try {
    const at = project(join(folder, 'project'), {
      'congruity.config.cjs': config,
      'a.spec.cjs': spec,
      'b.spec.cjs': namedSpec,
      'names.json': JSON.stringify(hostile),
    });
    const env = { TMPDIR: temporary, NO_COLOR: '1' };
    const before = readdirSync(at).length;
    const ran = await started(gate('congruity.config.cjs', '--verbose', '--workers', String(workers)), { cwd: at, env })
      .ended;
    const listed = await started(gate('congruity.config.cjs', '--list'), { cwd: at, env }).ended;
    command.tries = hostile.length;
    if (ran.code !== 2 || !existsSync(join(at, 'congruity-report', 'report.json')))
      command.bad.push(`exit code ${ran.code}: ${ran.stderr.slice(-800)}`);
    for (const [what, said] of [
      ['stdout', ran.stdout],
      ['stderr', ran.stderr],
      ['--list', listed.stdout + listed.stderr],
    ])
      command.bad.push(...inTerminal(said).map((text) => `${what}: ${text}`));
    inReport(join(at, 'congruity-report'), 'the command', command);
    if (readdirSync(at).filter((name) => name !== 'congruity-report').length !== before || existsSync(join(at, 'evil')))
      command.bad.push(`files were made: ${readdirSync(at).join(', ')}`);

    const jestConfig = JSON.stringify({
      rootDir: at,
      transform: {},
      testMatch: ['**/*.spec.cjs'],
      reporters: ['default', [dist('reports', 'reporter.js'), { out: join(at, 'jest-report') }]],
    });
    // names of tests are left to Jest on the terminal: only what the tests say is looked at
    const tested = await started(jest('--ci', '--config', jestConfig, 'a.spec.cjs'), { cwd: at, env }).ended;
    reporter.tries = 2 * hostile.length;
    reporter.bad.push(...inTerminal(tested.stdout + tested.stderr).map((text) => `terminal: ${text}`));
    inReport(join(at, 'jest-report'), 'hostile models', reporter);
    await started(jest('--ci', '--config', jestConfig, 'b.spec.cjs'), { cwd: at, env }).ended;
    inReport(join(at, 'jest-report'), 'hostile tests', reporter);
    for (const found of [command, reporter]) found.typed = Math.max(0, found.tries - found.bad.length);
    return [command, reporter];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
