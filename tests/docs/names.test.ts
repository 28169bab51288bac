/** What the pages name is there, and what is there is named. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import * as main from '../../index';
import * as generators from '../../generators/index';
import * as matchers from '../../matchers/index';
import * as suites from '../../suites/index';
import { pages, root } from './pages';

/** Code of all pages: spans in a line, and blocks. */
const code = pages.flatMap(({ path, text, blocks }) => [
  ...[...text.replace(/^ *```.*$/gm, '').matchAll(/`([^`\n]+)`/g)].map(([, span]) => ({ path, code: span! })),
  ...blocks.map(({ lines }) => ({ path, code: lines.join('\n') })),
  ...text
    .split('\n')
    .filter((line) => line.startsWith('    '))
    .map((line) => ({ path, code: line.trim() })),
]);

/** [place, what follows] wherever the pages' code has a command that begins like this. */
const commands = (begin: RegExp): { path: string; rest: string[] }[] =>
  code.flatMap(({ path, code }) =>
    [...code.matchAll(new RegExp(`${begin.source} ([^\\n]*)`, 'g'))].map((match) => ({
      path,
      rest: match[1]!
        .split(/\s+(?:#|&&).*$/)[0]!
        .trim()
        .split(/\s+/),
    })),
  );

describe('every value that is exported is named on some page', () => {
  /** As a value: alone, called, looked into, or imported. An option `judge` or a word in a path does not name the function `judge`. */
  const words = new Set(
    code.flatMap(({ code }) => [
      ...(/^[\w$]+$/.test(code) ? [code] : []),
      ...(code.match(/(?<![\w$.])[A-Za-z_$][\w$]*(?=[([.])/g) ?? []),
      ...[...code.matchAll(/import \{([^}]*)\} from 'congruity/g)].flatMap((match) => match[1]!.match(/[\w$]+/g) ?? []),
    ]),
  );
  test.each<[string, object]>([
    ['congruity', main],
    ['congruity/generators', generators],
    ['congruity/suites', suites],
    ['congruity/matchers', matchers],
  ])('of %s', (_, module) => {
    const names = Object.keys(module);
    expect(names.length).toBeGreaterThan(1);
    expect(names.filter((name) => !words.has(name))).toEqual([]);
  });
});

test('the linter’s list of matchers that must be awaited has all of them', () => {
  const lists = code.flatMap(({ code }) => /asyncMatchers: \[([^\]]*)\]/.exec(code)?.[1] ?? []);
  expect(lists).toHaveLength(1);
  const listed = lists[0]!.match(/\w+/g)!;
  expect(listed.slice(0, 2)).toEqual(['toResolve', 'toReject']);
  expect(listed.slice(2).sort()).toEqual(Object.keys(matchers).sort());
});

describe('commands', () => {
  test('npm run: a script of package.json', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const run = commands(/\bnpm run/);
    expect(run.length).toBeGreaterThan(0);
    expect(run.filter(({ rest: [name = ''] }) => !Object.hasOwn(scripts, name.replace(/\W+$/, '')))).toEqual([]);
  });

  test('node, and a config: a file that there is', () => {
    const files = [
      ...commands(/\bnode(?: --?[\w-]+)*/)
        .map(({ path, rest }) => ({ path, file: rest[0]! }))
        .filter(({ file }) => /^[\w./-]+\.[cm]?js$/.test(file)),
      ...commands(/--config/).map(({ path, rest }) => ({ path, file: rest[0]! })),
    ];
    expect(files.length).toBeGreaterThan(5);
    expect(files.filter(({ file }) => !existsSync(join(root, file)))).toEqual([]);
  });

  test('congruity gate: options that it has', () => {
    const known = new Set(readFileSync(join(root, 'cli', 'command.ts'), 'utf8').match(/(?<=')--[a-z-]+/g));
    expect(known.size).toBeGreaterThan(5);
    const used = commands(/\bcongruity gate/).flatMap(({ path, rest }) =>
      rest.flatMap((word) => word.match(/--[a-z-]+/g) ?? []).map((option) => ({ path, option })),
    );
    expect(used.length).toBeGreaterThan(5);
    expect(used.filter(({ option }) => !known.has(option))).toEqual([]);
  });
});
