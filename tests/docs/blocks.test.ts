/** Every block of code of every page: checked by the compiler, and run, with what the page says that it gives. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { inspect, stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { transformSync } from '@swc/core';
import * as fc from 'fast-check';
import { randomAlignment } from '../../src/training/random-alignment';
import type { Suite, SuiteContext } from '../../suites/suite';
import { trainConfigOf } from '../../src/training/config';
import { checkConfig } from '../../suites/config';
// its hooks belong to the file, not to the test that comes to a page first
import '../../matchers/setup';
import { makeFiles } from './files';
import { blocksOf, givenOf, pages, root, type Block, type Page } from './pages';
import { programOf, type Docs } from './program';
import { pythonWith } from '../helpers/python';
import { testUnless } from '../helpers/unless';

const isCode = ({ language }: Block): boolean => language === 'ts' || language === 'js';
const isTyped = ({ language }: Block): boolean => language === 'ts';
const isRun = (block: Block): boolean => isCode(block) && block.runBy === undefined;
const having = (some: (block: Block) => boolean): Page[] => pages.filter(({ blocks }) => blocks.some(some));
const pageOf = (...lines: string[]): Page => ({
  path: 'page.md',
  text: '',
  blocks: blocksOf(lines.join('\n'), 'page.md'),
});

/** Of mermaid there is only the picture that `npm run picture` makes. */
const KNOWN = ['', 'ts', 'js', 'json', 'yaml', 'python', 'mermaid'];

describe('the pages', () => {
  test('there are blocks, and each is of a language that is checked', () => {
    const blocks = pages.flatMap(({ path, blocks }) => blocks.map((block) => ({ path, ...block })));
    expect(blocks.filter(isCode).length).toBeGreaterThan(20);
    expect(
      blocks
        .filter(({ language }) => !KNOWN.includes(language))
        .map(({ path, line, language }) => `${path}:${line}: ${language}`),
    ).toEqual([]);
  });

  test('at most three blocks are left to another test, which there is', () => {
    const left = pages.flatMap(({ blocks }) => blocks.filter(({ runBy }) => runBy !== undefined));
    expect(left.length).toBeLessThanOrEqual(3);
    expect(left.filter(({ runBy }) => !existsSync(join(root, runBy!)))).toEqual([]);
  });

  test('what is given is given to a page that there is', () => {
    const files = readdirSync(join(__dirname, 'given'));
    expect(files.sort()).toEqual(
      pages
        .flatMap((page) => givenOf(page) ?? [])
        .map((file) => basename(file))
        .sort(),
    );
  });

  test('JSON can be read', () => {
    const blocks = pages.flatMap(({ blocks }) => blocks.filter(({ language }) => language === 'json'));
    expect(blocks.length).toBeGreaterThan(0);
    for (const { lines } of blocks) expect(() => void JSON.parse(lines.join('\n'))).not.toThrow();
  });

  // Python is no need of this project's
  const { python, absent } = pythonWith();
  testUnless(absent)('Python can be read', () => {
    const blocks = pages.flatMap(({ blocks }) => blocks.filter(({ language }) => language === 'python'));
    expect(blocks.length).toBeGreaterThan(0);
    // one process for all: it says of which it cannot
    const read = `import ast, json, sys
for at, text in enumerate(json.load(sys.stdin)):
    try:
        ast.parse(text)
    except SyntaxError as error:
        print(at, error)`;
    expect(
      spawnSync(python, ['-c', read], {
        input: JSON.stringify(blocks.map(({ lines }) => lines.join('\n'))),
        encoding: 'utf8',
      }),
    ).toMatchObject({ status: 0, stderr: '', stdout: '' });
  });
});

const temporary: string[] = [];
const folderIn = (parent: string): string => {
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, 'congruity-docs-'));
  temporary.push(folder);
  return folder;
};
const start = process.cwd();
const failures = process.env['CONGRUITY_FAILURES'];
beforeEach(() => {
  process.env['CONGRUITY_FAILURES'] = 'off';
});
afterEach(() => {
  process.chdir(start);
  if (failures === undefined) delete process.env['CONGRUITY_FAILURES'];
  else process.env['CONGRUITY_FAILURES'] = failures;
  for (const folder of temporary.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** What the compiler says of programs, at the places of the pages. It sees what is built in dist/, as a user's does. */
function faultsOf(some: readonly Page[]): string[] {
  const folder = folderIn(join(root, '.tmp'));
  const programs = some.map((page, i) => ({ file: `page${i}.ts`, ...programOf(page, isTyped, false) }));
  for (const { file, code } of programs) writeFileSync(join(folder, file), code);
  writeFileSync(
    join(folder, 'docs.ts'),
    'export interface Docs { at(line: number): void; exported(value: unknown): void }\n',
  );
  writeFileSync(
    join(folder, 'tsconfig.json'),
    // strict, as a user's; the two options that few projects have are left out
    JSON.stringify({
      extends: join(root, 'tsconfig.json'),
      references: [{ path: join(root, 'tsconfig.json') }],
      compilerOptions: {
        composite: false,
        noEmit: true,
        rootDir: root,
        types: ['node', 'jest'],
        exactOptionalPropertyTypes: false,
        noUncheckedIndexedAccess: false,
      },
      include: ['*.ts'],
      exclude: [],
    }),
  );
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', folder, '--pretty', 'false', '--checkers', '1'],
    { cwd: folder, encoding: 'utf8' },
  );
  const faults = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) =>
      line.replace(/^(page\d+\.ts)\((\d+),\d+\)/, (_, file: string, at: string) =>
        programs.find((one) => one.file === file)!.place(Number(at)),
      ),
    );
  return status === 0 ? [] : [...faults, ...(stderr ? [stderr] : [])];
}

describe('the compiler', () => {
  test('finds nothing wrong with any block but one that is wrong, and says where', () => {
    const wrong = pageOf('```ts', "import { range } from 'congruity';", "range('3');", '```');
    expect(faultsOf([...having(isTyped), wrong])).toEqual([expect.stringMatching(/^page\.md:3: error TS2345/)]);
  });
});

const modules: Readonly<Record<string, () => unknown>> = {
  congruity: () => require('../../index'),
  'congruity/setup': () => require('../../matchers/setup'),
  'congruity/matchers': () => require('../../matchers/index'),
  'congruity/generators': () => require('../../generators/index'),
  'congruity/search': () => require('../../search/index'),
  'congruity/suites': () => require('../../suites/index'),
};
const others = createRequire(join(root, 'package.json'));
const moduleOf = (name: string): unknown =>
  Object.hasOwn(modules, name) ? modules[name]!() : name === 'fast-check' ? fc : others(name);

/** Without what a line break in a page may change. */
const squash = (text: string): string => stripVTControlCharacters(text).replace(/\s+/g, '');

/** The ways in which a page may write a value: as fast-check prints it, by line where it is a list, without a second line that JSON has; or as Node does. */
const written = (value: unknown): string[] => {
  const all = Array.isArray(value) ? value : [value];
  const printed = all.map((one) => fc.stringify(one));
  const words = all.map((one) => String(one).split('\n')[0]!);
  return [
    printed.join('\n'),
    words.join('\n'),
    fc.stringify(value),
    inspect(value, { depth: Infinity, breakLength: Infinity }),
  ];
};

/** Runs a page in a folder of its own with the files that it names. */
async function runPage(page: Page, folder: string): Promise<{ run: number; exported: unknown[] }> {
  const { code } = programOf(page, isRun, true);
  const { code: javascript } = transformSync(code, {
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
    module: { type: 'commonjs' },
  });
  await makeFiles(page.path, folder);
  process.chdir(folder);
  let place = page.path;
  let printed: string[] = [];
  let run = 0;
  const exported: unknown[] = [];
  const log = console.log;
  console.log = (...all: unknown[]) => void printed.push(all.map(String).join(' '));
  const docs: Docs = {
    at(line) {
      place = line === 0 ? `what ${page.path} is given` : `${page.path}:${line}`;
      printed = [];
      if (line > 0) run++;
    },
    shown(value, comment) {
      const ways = written(value);
      if (!ways.some((way) => squash(way) === squash(comment)))
        throw new Error(`the comment says\n${comment}\nand this came out:\n${ways[0]}`);
    },
    async prints(last, text) {
      let thrown = false;
      try {
        await last();
      } catch (error) {
        thrown = true;
        printed.push(String(error));
      }
      const got = squash(printed.join('\n'));
      // an error says more than a page shows
      if (thrown ? !got.includes(squash(text)) : got !== squash(text))
        throw new Error(`the page says\n${text}\nand this came out:\n${printed.join('\n')}`);
    },
    test: (_, work) => work(),
    exported: (value) => void exported.push(value),
  };
  try {
    const module = { exports: {} as { page?: (docs: Docs) => Promise<void> } };
    // oxlint-disable-next-line no-implied-eval, typescript/no-implied-eval -- the code of this project's own pages
    new Function('require', 'module', 'exports', javascript)(moduleOf, module, module.exports);
    await module.exports.page!(docs);
  } catch (error) {
    throw new Error(`${place}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`, {
      cause: error,
    });
  } finally {
    console.log = log;
  }
  return { run, exported };
}

describe('run, with what the page says comes out', () => {
  test.each(having(isRun).map((page) => [page.path, page] as const))('%s', async (_, page) => {
    const folder = folderIn(tmpdir());
    const { run, exported } = await runPage(page, folder);
    expect(run).toBe(page.blocks.filter(isRun).length);
    // a default export is a config: the command would take it, and finds the files
    for (const config of exported) {
      if (typeof config === 'object' && config !== null && 'program' in config) {
        // one of `congruity train`, whose sizes fit the program
        const { program, options } = trainConfigOf(config, page.path);
        expect(Object.keys(randomAlignment(program, options.architecture))).not.toEqual([]);
        continue;
      }
      if (typeof config === 'object' && config !== null && 'schema' in config) {
        // a suite, as the command runs one
        const suite = config as Suite<Record<string, unknown>>;
        const nothing = (): void => undefined;
        const context: SuiteContext = {
          path: join(folder, 'suite.json'),
          signal: undefined,
          progress: nothing,
          estimated: nothing,
          resumed: nothing,
        };
        const found = await suite.run(suite.schema.parse({}) as Record<string, unknown>, context);
        expect(found.complete).toBe(true);
        continue;
      }
      const { gates } = checkConfig(config, page.path);
      for (const { baseline, candidate } of gates)
        for (const side of [baseline, candidate]) expect(existsSync(join(folder, side as string))).toBe(true);
    }
    // the tutorial's page judges two models: some 12 s on a quiet machine
  });
});

describe('the check itself', () => {
  const running = (...lines: string[]): Promise<unknown> => runPage(pageOf(...lines), folderIn(tmpdir()));

  test('a value, an output or an error that is not as the page says is found', async () => {
    await expect(running('```ts', '1 + 1;', '// 3', '```')).rejects.toThrow(
      /page\.md:2: .*the comment says\n3\nand this came out:\n2/,
    );
    await expect(running('```ts', '1 + 1;', '// 2', '```')).resolves.toBeDefined();
    await expect(running('```js', 'console.log(1);', '```', '', '```', '2', '```')).rejects.toThrow(
      /the page says\n2\nand this came out:\n1/,
    );
    await expect(running('```js', 'console.log(1);', '```', '', '    1')).resolves.toBeDefined();
    await expect(running('```js', "throw new Error('a b');", '```', '', '    Error: a b')).resolves.toBeDefined();
    await expect(running('```js', "throw new Error('a b');", '```')).rejects.toThrow('page.md:2: ');
  });

  test('a test of a page is run, and one that fails is found', async () => {
    const page = (outcome: string): string[] => ['```js', "test('x', async () => {", outcome, '});', '```'];
    await expect(running(...page(''))).resolves.toMatchObject({ run: 1 });
    await expect(running(...page("  throw new Error('a b');"))).rejects.toThrow(/page\.md:2: .*a b/);
    await expect(running(...page("  throw new Error('a b');"), '', '    Error: a b')).resolves.toBeDefined();
  });

  test('a later block sees what an earlier one declared, and a list is indented', async () => {
    await expect(
      running(
        '```ts',
        'const a: number = 1;',
        '```',
        '- list',
        '',
        '  ```ts',
        '  const b = a + 1;',
        '  b;',
        '  // 2',
        '  ```',
        '```ts',
        'const a = 3;',
        'a;',
        '// 3',
        '```',
      ),
    ).resolves.toEqual({ run: 3, exported: [] });
  });
});
