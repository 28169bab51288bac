/** What the search and its control are said to come to. */
import { expect, test } from '@jest/globals';
import type { AlignmentFound, FoundVariable } from '../../src/realisation/find/find.js';
import { foundEvidence } from '../../src/realisation/find/evidence.js';

const variable = (name: string, accuracy: number): FoundVariable => ({
  name,
  parts: [{ site: 'blocks.0.hook_mlp_out' }],
  stage: 'components',
  searched: 1,
  heldOut: { tried: 100, agree: 100 * accuracy, accuracy },
});
const found: AlignmentFound = {
  alignment: {},
  variables: [variable('a', 1), variable('b', 1)],
  missing: ['c'],
  untrained: { name: 'untrained', variables: [variable('a', 0.1), variable('b', 0.9)] },
};

test('the untrained network counts by the variable that it carries best: a mean would hide it', () => {
  const { untrained, allowed, missing } = foundEvidence(found, [10, 10], 0.05);
  expect(untrained).toEqual({ name: 'untrained', accuracy: 0.9 });
  expect(allowed).toBeCloseTo(0.8, 12);
  expect(missing).toEqual(['c']);
});

test.each([
  // four times the threshold, in a fifth at least, and never below a tenth right
  [0, 0.8],
  [0.1, 0.6],
  [0.5, 0.1],
])('threshold %d allows it %d', (threshold, most) => {
  expect(foundEvidence(found, [10, 10], threshold).allowed).toBeCloseTo(most, 12);
});
