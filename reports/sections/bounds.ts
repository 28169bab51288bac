/** How far apart two sets are, with confidence limits: of the two conditions of docs/bounds.md. */
import { boundLines } from '../../src/bounds/words.js';
import { markup, pairs } from '../html/markup.js';
import { ofClaim, type Properties } from './section.js';

const limits = (name: string, { low, high }: { low: number; high?: number | undefined }): Properties => ({
  [`${name}.low`]: String(low),
  ...(high !== undefined && { [`${name}.high`]: String(high) }),
});

export const bounds = ofClaim({
  id: 'bounds',
  title: 'Bounds',
  applies: (claim) => claim.bounds !== undefined,
  html: ({ bounds: found }) =>
    markup`<div class="wide">${pairs('How far apart the two sets are', [
      ...boundLines(found!),
      ...found!.sides.map(({ name, set }) => [`set of ${name}`, set] as const),
    ])}</div>`,
  properties: ({ bounds: found }) => ({
    'bounds.tolerance': String(found!.tolerance),
    ...limits('bounds.distance', found!.distance),
    ...limits('bounds.necessary', found!.necessary),
  }),
});
