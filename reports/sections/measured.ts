/** What was measured, in lines: as in the matcher's message. The page has it as pictures and tables instead, but for checks that it shows in short. */
import { claimLines } from '../../src/claims/words.js';
import { measuredLines } from '../../src/verdict/words.js';
import { linesOf, type Section } from './section.js';

export const measured: Section = {
  id: 'measured',
  title: 'In short',
  applies: ({ evidence, claim }) => evidence !== undefined || claim !== undefined,
  lines: ({ evidence, claim }) => linesOf(evidence ? measuredLines(evidence) : claim ? claimLines(claim) : []),
};
