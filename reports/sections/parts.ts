/** What replacing each part of a circuit alone does. */
import { percentInterval } from '../../src/format.js';
import { code, table, type MarkupPart } from '../html/markup.js';
import { ofClaim } from './section.js';

export const parts = ofClaim({
  id: 'parts',
  title: 'Parts of the circuit',
  applies: (claim) => claim.parts !== undefined,
  html: ({ parts: list }) =>
    table(
      'What replacing each part alone does; limits hold for all of them at once',
      ['part', 'is', 'replaced by', 'inputs broken', 'share'].map((head, j) => ({ head, numeric: j > 2 })),
      list!.flatMap(({ component, status, effects }) =>
        effects.map(({ by, tried, broken, share }, i): MarkupPart[] => [
          i === 0 ? code(component) : '',
          i === 0 ? status : '',
          by,
          `${broken} of ${tried}`,
          percentInterval(share),
        ]),
      ),
    ),
  properties: ({ parts: list }) =>
    Object.fromEntries(
      list!.flatMap(({ component, status, effects }) => [
        [`part.${component}`, status],
        ...effects.map(({ by, share }) => [`part.${component}.${by}`, String(share.estimate)]),
      ]),
    ) as Record<string, string>,
});
