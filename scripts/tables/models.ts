/** The tables of model formats and of what load takes, from the list of formats. */
import { formats } from '../../src/model/formats/index.js';
import type { Table } from './markdown.js';

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

export function loadOptionTable(): Table {
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
