/** Which program's generated implementations a model is nearest to. */
import { number, percentInterval } from '../../src/format.js';
import { table } from '../html/markup.js';
import { limitsUnder, ofClaim } from './section.js';

export const nearest = ofClaim({
  id: 'nearest',
  title: 'Nearest program',
  applies: (claim) => claim.nearest !== undefined,
  html: ({ nearest: found }) => {
    const { program, distance, measure, inputs, among, rivals } = found!;
    return table(
      `How often the model is nearer to an implementation of ${program} than to one of a rival; in the first row, how often an implementation of ${program} is nearer to the model than to another. ${measure}, ${inputs} inputs`,
      ['program', 'mean distance', 'pairs', 'nearer', 'share', ''].map((head, j) => ({
        head,
        numeric: j > 0 && j < 5,
      })),
      [{ ...among, program, distance }, ...rivals].map((row) => [
        row.program,
        number(row.distance),
        String(row.tried),
        String(row.nearer),
        percentInterval(row.share),
        row.is,
      ]),
    );
  },
  properties: ({ nearest: found }) =>
    Object.assign(
      { 'nearest.program': found!.program, 'nearest.outcome': found!.outcome },
      limitsUnder('nearest.among', found!.among.share),
      ...found!.rivals.map(({ program, share }) => limitsUnder(`nearest.${program}`, share)),
    ) as Record<string, string>,
});
