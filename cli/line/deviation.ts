/** Where what a report says and what comes out of the fingerprints part. */
import { isDeepStrictEqual } from 'node:util';
import type { Evidence } from '../../src/verdict/evidence.js';

/** What is of a run, and not of what it found. */
const OF_THE_RUN: ReadonlySet<string> = new Set(['rows', 'seconds', 'environment'] satisfies (keyof Evidence)[]);

const membersOf = (value: unknown): Record<string, unknown> | undefined =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;

const inWords = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 80));

function between(said: unknown, derived: unknown, path: string): string {
  const [a, b] = [membersOf(said), membersOf(derived)];
  if (!a || !b || Array.isArray(said) !== Array.isArray(derived))
    return `${path} is ${inWords(said)} in the report, and ${inWords(derived)} comes out`;
  const name = [...Object.keys(b), ...Object.keys(a)].find((key) => !isDeepStrictEqual(a[key], b[key]))!;
  return between(a[name], b[name], Array.isArray(said) ? `${path}[${name}]` : `${path}.${name}`);
}

/** The first member that is another one, as a sentence without its full stop; undefined where all are the same. */
export function deviation(said: Evidence, derived: Evidence): string | undefined {
  // as it is read from a file: members that are undefined are not there, and the order is another one
  const [a, b] = [said, derived].map(
    (one) =>
      JSON.parse(JSON.stringify(one, (key, value: unknown) => (OF_THE_RUN.has(key) ? undefined : value))) as unknown,
  );
  return isDeepStrictEqual(a, b) ? undefined : between(a, b, 'evidence');
}
