/** The tables of model formats and of what load takes, from the list of formats. */
import { formats } from '../../src/model/formats/index.js';
import type { Option } from '../documented.js';
import type { Table } from './markdown.js';
import { sentences, shownDefault } from './options.js';

export function formatTable(): Table {
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

/** @param said what `LoadOptions` says of each */
export function loadOptionTable(said: readonly Option[]): Table {
  return {
    head: ['option', 'of', 'default', 'what it does'],
    rows: said
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ name, text, otherwise = '' }) => {
        const having = formats.filter(({ options }) => name in options);
        const of = having.length === formats.length ? 'all' : having.map(({ id }) => `\`${id}\``).join(', ');
        return [`\`${name}\``, of, shownDefault(otherwise), sentences(text)];
      }),
  };
}
