/** What can be said of the parts of a circuit, at a stated effect and confidence. */
import { atLeast, atMost, clopperPearson, holm } from '../src/verdict/binomial.js';
import type { PartEvidence } from '../src/verdict/claim.js';
import type { Necessity } from '../generators/search/necessity.js';

/**
 * A part is necessary where some way of replacing it breaks more than `effect` of the inputs, could be dropped where no way does. Exact binomial tests, Holm's procedure over all parts
 * (and ways, for "necessary"), half of the error for each of the two: with the confidence stated, all that is said of all parts is right.
 * @param effect share of inputs, in (0, 1)
 */
export function judgeParts({ parts }: Pick<Necessity, 'parts'>, effect: number, confidence: number): PartEvidence[] {
  const level = (1 - confidence) / 2;
  const tests = parts.flatMap(({ effects }) => effects);
  const exceeds = holm(tests.map(({ broken, tried }) => (tried === 0 ? 1 : atLeast(broken, tried, effect))), level);
  // no way does: every one of them has to be shown, so the worst of them counts
  const below = holm(parts.map(({ effects }) => Math.max(...effects.map(({ broken, tried }) => (tried === 0 ? 1 : atMost(broken, tried, effect))))), level);
  return parts.map(({ component, effects }, at) => ({
    component: component.name,
    status: effects.some((one) => exceeds[tests.indexOf(one)]) ? 'necessary' : below[at] ? 'could be dropped' : 'undecided',
    // limits that hold for all tests at once
    effects: effects.map(({ by, tried, broken }) => ({ by, tried, broken, share: clopperPearson(broken, tried, 1 - (1 - confidence) / tests.length) })),
  }));
}
