/** A reader comes to every page from docs/README.md. */
import { posix } from 'node:path';
import { expect, test } from '@jest/globals';
import { pages } from './pages';

test('docs/README.md links to every page of docs, and names the examples that a user runs', () => {
  const index = pages.find(({ path }) => path === 'docs/README.md')!;
  const linked = new Set(
    [...index.text.matchAll(/\]\(([^)#\s]+)\)/g)].map(([, to]) => posix.normalize(posix.join('docs', to!))),
  );
  // the examples are not in the npm package, so that a link to one would lead nowhere there
  for (const [, path] of index.text.matchAll(/`(examples\/[\w-]+)`/g)) linked.add(path!);
  const reached = ({ path }: { path: string }): boolean => linked.has(path) || linked.has(posix.dirname(path));
  const wanted = pages.filter(({ path }) => /^(docs\/|examples\/[^/]+\/README\.md$)/.test(path) && path !== index.path);
  expect(wanted.length).toBeGreaterThan(20);
  expect(wanted.filter((page) => !reached(page)).map(({ path }) => path)).toEqual([]);
});
