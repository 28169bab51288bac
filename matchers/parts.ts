/** What was measured of the parts of a circuit, as evidence. */
import type { PartEvidence } from '../src/claims/claim.js';
import type { Necessity } from '../search/necessity.js';

export const partsEvidence = ({ parts }: Necessity): PartEvidence[] =>
  parts.map(({ component, status, effects }) => ({ component: component.name, status, effects }));
