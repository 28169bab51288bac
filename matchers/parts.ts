/** What was measured of the parts of a circuit, as evidence. */
import type { PartEvidence } from '../src/verdict/claim.js';
import type { Necessity } from '../generators/search/necessity.js';

export const partsEvidence = ({ parts }: Necessity): PartEvidence[] =>
  parts.map(({ component, status, effects }) => ({ component: component.name, status, effects }));
