/** The tables of the docs that are made from the code, by the name that a page's place gives: `<!-- made by npm run tables: NAME -->`. */
import { compareSchema } from '../../src/verdict/compare.js';
import { byInterventionSchema } from '../../src/implementations/by-intervention.js';
import { configSchema, gateSchema } from '../../suites/config.js';
import { optionTable } from './options.js';

export const tables: Readonly<Record<string, () => string>> = {
  'options of toBeInterpretivelyEquivalent': () => optionTable(compareSchema),
  'options of byIntervention': () => optionTable(byInterventionSchema),
  'options of a config': () => optionTable(configSchema),
  'options of a gate': () => optionTable(gateSchema),
};
