/** The tables of the docs that are made from the code, by the name that a page's place gives: `<!-- made by npm run tables: NAME -->`. */
import type { z } from 'zod';
import * as matchers from '../../matchers/all.js';
import { byInterventionSchema } from '../../src/implementations/by-intervention.js';
import { configSchema, gateSchema } from '../../suites/config.js';
import { optionTable } from './options.js';

/** Options that have a table of their own. */
const FOLDED = ['set', 'options'];

const ofMatchers = Object.entries(matchers).map(
  ([name, { schema }]: [string, { schema: z.ZodType }]) =>
    [`options of ${name}`, () => optionTable(schema, FOLDED)] as const,
);

export const tables: Readonly<Record<string, () => string>> = {
  ...Object.fromEntries(ofMatchers),
  'options of byIntervention': () => optionTable(byInterventionSchema),
  'options of a config': () => optionTable(configSchema, FOLDED),
  'options of a gate': () => optionTable(gateSchema, FOLDED),
};
