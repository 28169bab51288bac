/**
 * Tests of what not every machine has. Where it is absent they are skipped, and counted as skipped, with the reason in
 * their name: so Jest, its JSON and scripts/test.mjs all say why.
 */
import { describe, test } from '@jest/globals';

/** What keeps a test from running here, in a few words; undefined or false where nothing does. */
export type Absent = string | false | undefined;

const named = (name: string, absent: Absent): string => (absent ? `${name} (skipped: ${absent})` : name);

export const testUnless =
  (absent: Absent) =>
  (name: string, check: () => void | Promise<void>, timeout?: number): void =>
    (absent ? test.skip : test)(named(name, absent), check, timeout);

export const describeUnless =
  (absent: Absent) =>
  (name: string, tests: () => void): void =>
    (absent ? describe.skip : describe)(named(name, absent), tests);
