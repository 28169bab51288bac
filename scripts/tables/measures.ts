/** The table of measures, from what they say of themselves. */
import { measures, type Measure } from '../../src/measure/index.js';
import type { Table } from './markdown.js';

const yes = (is: boolean | undefined, how = ''): string => (is ? `yes${how}` : 'no');

export function measureTable(): Table {
  const range = ({ range: { max, note } }: Measure): string => `0, ${max === Infinity ? note : max}`;
  const unnoticed = ({ invariances, nearly }: Measure): string =>
    [...invariances, ...(nearly === undefined ? [] : [`nearly: ${nearly}`])].join('; ');
  return {
    head: [
      'name',
      'distance',
      'from, to',
      'does not notice, besides rotation, translation and order of the features',
      'metric',
      'looks at a subset of many inputs',
      'fewest inputs',
      'resolution',
    ],
    rows: Object.values<Measure>(measures).map((measure, at) => [
      `\`${measure.name}\`${at === 0 ? ' (default)' : ''}`,
      measure.summary,
      range(measure),
      unnoticed(measure),
      yes(measure.metric, measure.gap === undefined ? '' : `, up to its gap (${measure.gap})`),
      yes(measure.subsamples),
      String(measure.fewestInputs),
      String(Number(measure.resolution.toPrecision(2))),
    ]),
  };
}
