/** The tables of the docs that are made from the code, by name. A page has a place for one: `<!-- made by npm run generate: NAME -->`, `<!-- end -->`. */
import * as z from 'zod';
import * as matchers from '../../matchers/all.js';
import { claimShape } from '../../matchers/options.js';
import { byInterventionSchema } from '../../src/implementations/by-intervention.js';
import { configSchema, gateSchema } from '../../suites/config.js';
import type { Option } from '../documented.js';
import { placesIn, withTables, type Table } from './markdown.js';
import { measureTable } from './measures.js';
import { formatTable, loadOptionTable } from './models.js';
import { optionTable } from './options.js';
import { ablationTable, behaviourTable } from './tasks.js';

/** Options that have a table of their own. */
const folded = ['set', 'options'];
/** Matchers whose options are all those of others, as the page says. */
const LIKE_OTHERS = ['toHaveMinimalCircuit', 'toMatchInterpretationSnapshot', 'toSatisfyNecessity'];

const ofClaims = Object.keys(claimShape);

function tablesOf(said: (name: string) => readonly Option[]): Readonly<Record<string, () => Table>> {
  /** Of a claim without those that every claim has. */
  const ofMatcher = (name: string, schema: z.ZodType): Table =>
    optionTable(schema, said(`T${name.slice(1)}Options`), {
      folded,
      ...(schema instanceof z.ZodObject && ofClaims.every((key) => key in schema.shape) && { without: ofClaims }),
    });
  return {
    measures: measureTable,
    formats: formatTable,
    'options of load': () => loadOptionTable(said('LoadOptions')),
    ablations: ablationTable,
    behaviours: behaviourTable,
    'options of every claim': () => optionTable(z.strictObject(claimShape), said('ClaimOptions')),
    ...Object.fromEntries(
      Object.entries(matchers)
        .filter(([name]) => !LIKE_OTHERS.includes(name))
        .map(([name, { schema }]) => [`options of ${name}`, () => ofMatcher(name, schema)]),
    ),
    'options of byIntervention': () => optionTable(byInterventionSchema, said('ByInterventionOptions')),
    'options of a config': () => optionTable(configSchema, said('GateConfig'), { folded }),
    'options of a gate': () => optionTable(gateSchema, said('Gate'), { folded }),
  };
}

/**
 * Pages with their tables as they are now.
 * @param pages their texts by path
 * @param optionsOf what the interfaces of options say: `documented(root).optionsOf`
 * @throws Error for a place without a table, and a table without a place
 */
export function filledIn(
  pages: Readonly<Record<string, string>>,
  optionsOf: (name: string) => readonly Option[],
): Record<string, string> {
  const tables = tablesOf(optionsOf);
  const places = new Set(Object.values(pages).flatMap(placesIn));
  const homeless = Object.keys(tables).filter((name) => !places.has(name));
  if (homeless.length > 0) throw new Error(`no page has a place for: ${homeless.join(', ')}`);
  return Object.fromEntries(Object.entries(pages).map(([page, text]) => [page, withTables(text, tables, page)]));
}
