/** Programs of one copy of the library in another: of the other module system, and of a second installation. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Project, root } from '../cli/command.js';

/** A module of programs, as a person keeps one. */
const programs = (head: string): string => `${head}
const repeated = program({ name: 'repeated', vocabulary: ['a', 'b'], maxLength: 2 }, ({ tokens, select, width, map }) =>
  map(width(select(tokens, tokens, '==')).named('count'), (n) => n > 1).named('repeated'));
const sizes = { architecture: { n_layers: 1, n_heads: 2, d_model: 8, d_mlp: 8 }, batchSize: 4, threshold: 0 };
`;
const SECOND = 'second/node_modules/congruity';
let project: Project;
beforeAll(() => {
  project = new Project({
    'second/programs.cjs': `${programs(`const { program } = require('congruity');`)}module.exports = { repeated, sizes };\n`,
    [`${SECOND}/package.json`]: JSON.stringify({ name: 'congruity', main: './dist/cjs/index.js' }),
    // what nobody can name before it runs is required from where it is, with all that it requires
    'given.cts': `const where = ['.', 'second', 'programs.cjs'].join('/');
const { repeated, sizes } = require(where);
export = { program: repeated, ...sizes };\n`,
    'suite.ts': `import { permutationPrograms } from 'congruity/suites';
export default { program: permutationPrograms(2)['count, repeats'], architecture: { n_layers: 3, n_heads: 2, d_model: 8, d_mlp: 8 }, batchSize: 4, threshold: 0 };\n`,
    'both.mjs': `${programs(`import { program, compile, train, programTask, chainOf } from 'congruity';
import { createRequire } from 'node:module';`)}
const other = createRequire(import.meta.url)('congruity');
if (other.program === program) throw new Error('one copy');
const algorithm = (of) => of({ name: 'same', vocabulary: ['a', 'b'], maxLength: 2 }, ({ tokens, select, width }) => width(select(tokens, tokens, '==')).named('count'));
for (const [given, into] of [[repeated, other], [algorithm(other.program), { compile, train, programTask, chainOf }]]) {
  const compiled = await into.compile(given);
  const [{ output }] = await compiled.run([['a', 'a']]);
  if (output.join() !== given.run(['a', 'a']).output.join()) throw new Error(String(output));
  if (into.chainOf(compiled).length === 0) throw new Error('no chain');
  if (into.programTask(given).size !== 6) throw new Error('another task');
  const trained = await into.train(given, sizes);
  console.log(given.name, trained.stopped);
}
`,
  });
  mkdirSync(project.path('node_modules'));
  symlinkSync(root, project.path('node_modules', 'congruity'), 'dir');
  for (const file of ['congruity.js', 'index.js', 'package.json'])
    cpSync(join(root, 'dist', 'cjs', file), project.path(SECOND, 'dist', 'cjs', file));
  // what it needs
  symlinkSync(join(root, 'node_modules'), project.path(SECOND, 'node_modules'), 'dir');
});
afterAll(() => project.remove());

test('a program of the ES modules is one to the CommonJS build, and the other way round', () => {
  const output = execFileSync(process.execPath, [project.path('both.mjs')], { cwd: project.folder, encoding: 'utf8' });
  expect(output).toBe('repeated accurate\nsame accurate\n');
});

test.each(['given.cts', 'suite.ts'])('`congruity train` takes the program of %s', async (file) => {
  const out = `trained-${file}`;
  const { code, stdout, stderr } = await project.run([
    'train',
    file,
    '--out',
    out,
    '--steps',
    '1',
    '--backend',
    'wasm',
  ]);
  // with one step it may be short of the accuracy, but it was trained
  expect({ code, stderr }).toMatchObject({ code: expect.any(Number), stderr: expect.stringMatching(/\(1 step, /) });
  expect(stdout).toMatch(/of 1 model trained/);
});
