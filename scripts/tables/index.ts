/** The tables of the docs that are made from the code, by the name that a page's place gives: `<!-- made by npm run tables: NAME -->`. */
import { z } from 'zod';
import * as matchers from '../../matchers/all.js';
import { claimShape } from '../../matchers/options.js';
import { byInterventionSchema } from '../../src/implementations/by-intervention.js';
import { configSchema, gateSchema } from '../../suites/config.js';
import { optionTable } from './options.js';

/** Options that have a table of their own. */
const folded = ['set', 'options'];
/** Matchers whose options are all those of others, as the page says. */
const LIKE_OTHERS = ['toHaveMinimalCircuit', 'toSatisfyNecessity'];

const ofClaims = Object.keys(claimShape);
/** Of a claim without those that every claim has. */
const ofMatcher = (schema: z.ZodType): string =>
  optionTable(schema, {
    folded,
    ...(schema instanceof z.ZodObject && ofClaims.every((key) => key in schema.shape) && { without: ofClaims }),
  });

export const tables: Readonly<Record<string, () => string>> = {
  'options of every claim': () => optionTable(z.strictObject(claimShape)),
  ...Object.fromEntries(
    Object.entries(matchers)
      .filter(([name]) => !LIKE_OTHERS.includes(name))
      .map(([name, { schema }]) => [`options of ${name}`, () => ofMatcher(schema)]),
  ),
  'options of byIntervention': () => optionTable(byInterventionSchema),
  'options of a config': () => optionTable(configSchema, { folded }),
  'options of a gate': () => optionTable(gateSchema, { folded }),
};
