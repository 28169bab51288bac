/** Transformers of every architecture that is supported, with random weights: for testing tools like this one. */
import type * as fc from 'fast-check';
import { plainArbitrary } from './_internals/weights/arbitrary.js';
import { choicesOf, type ArchitecturesConstraints } from './_internals/weights/choices.js';
import { draw, valid, simpler, size } from './_internals/architecture-fields.js';
import { type PlainArchitecture, type Architecture, plains, architecture } from './architecture.js';

export type { ArchitecturesConstraints } from './_internals/weights/choices.js';

/**
 * Transformers of every supported architecture, with random weights of a size at which nothing saturates.
 *
 * Widths are small (up to 12; at least 4 where there is normalisation) and all choices as likely: for models of the size at which tests run in milliseconds. Shrinks towards one layer, one head, the smallest
 * widths, attention only, no normalisation, positions in the embedding, all biases, and then seed 0; a constraint with a list shrinks towards its first.
 * @param constraints for any field of a config a value, a list, or for sizes a range: `{ n_layers: 2, normalization_type: ['RMS', 'RMSPre'], d_model: { min: 4, max: 16 } }`
 * @throws OptionError for an unknown field, an impossible constraint, or constraints that no architecture meets
 */
export function architectures(constraints: ArchitecturesConstraints = {}): fc.Arbitrary<Architecture> {
  const choices = choicesOf(constraints);
  return plainArbitrary<PlainArchitecture, Architecture>({
    draw: (dice) => draw(dice, choices),
    simpler: (plain) => simpler(plain, choices),
    size: (plain) => size(plain, choices),
    valid: (plain) => valid(plain, choices),
    build: architecture,
    plainOf: (value) => (typeof value === 'object' && value !== null ? plains.get(value) : undefined),
  });
}
