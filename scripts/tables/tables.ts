/** The tables of the pages that follow from the registries: `npm run generate` writes them. */
import { ablations, type AblationMethod } from '../../src/circuit/ablations.js';
import { measures, type Measure } from '../../src/measure/index.js';
import { formats } from '../../src/model/formats/index.js';
import { behaviours } from '../../src/task/behaviour.js';
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

function formatTable(): Table {
  return {
    head: ['format', 'what it is', 'files', 'needs'],
    rows: formats.map(({ id, description, files, needs }) => [
      `\`${id}\``,
      description,
      files,
      needs.length === 0 ? 'nothing' : needs.map((name) => `\`npm i ${name}\``).join(' or '),
    ]),
  };
}

function optionTable(): Table {
  const names = [...new Set(formats.flatMap(({ options }) => Object.keys(options)))].toSorted();
  return {
    head: ['option', 'of', ''],
    rows: names.map((name) => {
      const having = formats.filter(({ options }) => name in options);
      const said = [...new Set(having.map(({ options }) => options[name]!.description ?? ''))];
      const of = having.length === formats.length ? 'all' : having.map(({ id }) => `\`${id}\``).join(', ');
      return [`\`${name}\``, of, said.join('; ')];
    }),
  };
}

const needs = {
  counterfactuals: 'a counterfactual of every example; those without one are left out',
  references: 'another example as large as each; those that are larger than all others are left out',
  nothing: 'nothing',
};

function ablationTable(): Table {
  return {
    head: ['by', 'put in the place of an activation', 'needs'],
    rows: Object.entries<AblationMethod>(ablations).map(([name, method]) => [
      `\`${name}\``,
      method.summary,
      needs[method.needs],
    ]),
  };
}

function behaviourTable(): Table {
  return {
    head: ['behaviour', 'in reports', 'score', 'better', 'needs'],
    rows: Object.values(behaviours).map((one) => [`\`${one.call}\``, one.name, one.summary, one.better, one.needs]),
  };
}

/** By page, and by the name that stands in the page's comment. */
const tables: Readonly<Record<string, Readonly<Record<string, () => Table>>>> = {
  'docs/measures.md': { measures: measureTable },
  'docs/models.md': { formats: formatTable, options: optionTable, ablations: ablationTable },
  'docs/matcher.md': { behaviours: behaviourTable },
};

export const pagesWithTables = Object.keys(tables);

/** A page's text with its tables as they are now. */
export function filledIn(page: string, text: string): string {
  const made = Object.entries(tables[page]!).map(([name, make]) => [name, make()] as const);
  return withTables(text, Object.fromEntries(made), page);
}
