import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, dirname } from 'node:path';
import { expect, test } from '@jest/globals';

const root = join(__dirname, '..', '..');
const files = (folder: string): string[] =>
  readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return files(path);
    return path.endsWith('.ts') && !path.endsWith('.as.ts') ? [path] : [];
  });

const importsOf = (file: string): string[] =>
  [
    ...readFileSync(file, 'utf8').matchAll(
      /(?:^|\n)\s*(?:import|export)\b[^'"\n;]*?(?:\n[^'";]*?)*?\bfrom\s+'([^']+)'|(?:^|\n)\s*import\s+'([^']+)'|\bimport\('([^']+)'\)/g,
    ),
  ].map((match) => (match[1] ?? match[2] ?? match[3])!);

const ROOMS = [
  'io',
  'tensor',
  'tokenizers',
  'model',
  'task',
  'circuit',
  'representation',
  'measure',
  'statistics',
  'implementations',
  'bounds',
  'verdict',
  'claims',
];
const MAY: Record<string, readonly string[]> = {
  src: ['src'],
  generators: ['generators', 'src'],
  search: ['search', 'generators', 'src'],
  matchers: ['matchers', 'search', 'generators', 'src'],
  reports: ['reports', 'src'],
  suites: ['suites', 'matchers', 'search', 'generators', 'reports', 'src'],
  cli: ['cli', 'suites', 'matchers', 'search', 'generators', 'reports', 'src'],
};

const local = Object.keys(MAY).flatMap((top) =>
  files(join(root, top)).flatMap((file) =>
    importsOf(file)
      .filter((path) => path.startsWith('.'))
      .map((path) => ({ from: relative(root, file), to: relative(root, join(dirname(file), path)) })),
  ),
);

test('imports between the top-level folders go one way', () => {
  expect(local.length).toBeGreaterThan(100);
  const wrong = local.filter(({ from, to }) => !MAY[from.split('/')[0]!]!.includes(to.split('/')[0]!));
  expect(wrong).toEqual([]);
});

test('inside src a room uses only those above it', () => {
  const room = (path: string): number => ROOMS.indexOf(path.split('/')[1]!);
  const wrong = local.filter(({ from, to }) => from.startsWith('src/') && room(from) >= 0 && room(to) > room(from));
  // errors, options, random and version stand above all rooms and use none
  const shared = local.filter(({ from, to }) => from.startsWith('src/') && room(from) < 0 && room(to) >= 0);
  expect([...wrong, ...shared]).toEqual([]);
});

test('the library knows nothing of Jest, fast-check or the terminal', () => {
  const wrong = files(join(root, 'src')).flatMap((file) =>
    importsOf(file)
      .filter((path) => /^(jest|@jest|fast-check|expect|chalk|commander)/.test(path))
      .map((path) => ({ file: relative(root, file), path })),
  );
  expect(wrong).toEqual([]);
});
