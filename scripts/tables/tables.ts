/** The tables of the pages that follow from the registries: `npm run tables` writes them. */
import { measures, type Measure } from '../../src/measure/index.js';
import { withTables, type Table } from './markdown.js';

const yes = (is: boolean | undefined, how = ''): string => (is ? `yes${how}` : 'no');

function measureTable(): Table {
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

/** By page, and by the name that stands in the page's comment. */
const tables: Readonly<Record<string, Readonly<Record<string, () => Table>>>> = {
  'docs/measures.md': { measures: measureTable },
};

export const pagesWithTables = Object.keys(tables);

/** A page's text with its tables as they are now. */
export function filledIn(page: string, text: string): string {
  const made = Object.entries(tables[page]!).map(([name, make]) => [name, make()] as const);
  return withTables(text, Object.fromEntries(made), page);
}
