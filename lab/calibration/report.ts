/** From results to lab/calibration.md. Knows nothing of how they were made, so that the page can be written again without running anything. */
import { codes } from './report/codes.js';
import { cutoffWords, scoresTable } from './report/cutoffs.js';
import { goals } from './report/goals.js';
import { halves } from './report/rules.js';
import { cost, distancesTable, pairs, relationTable, responseTable, table, twinsTable } from './report/tables.js';
import type { Results } from './rows.js';

export { ofOneCode, ofResults, resultsOf } from './rows.js';
export { table } from './report/tables.js';

/** lab/calibration.md: the template with every {{name}} filled in. */
export function document(template: string, results: Results): string {
  const complete = results.kinds.every(({ rows, count }) => rows.length >= count);
  const parts: Readonly<Record<string, string>> = {
    table: table(results),
    distances: distancesTable(results),
    relations: relationTable(results),
    twins: twinsTable(results),
    responses: responseTable(results),
    scores: scoresTable(results),
    cutoffs: cutoffWords(results),
    codes: codes(results),
    goals: goals(results),
    halves: halves(results),
    inputs: String(results.inputs),
    cost: cost(results),
    pairs: pairs(results),
    made: `${results.date}, code ${results.code}, models ${results.models}`,
    extent: complete
      ? ''
      : `**A pilot.** Only a part of the planned comparisons was made: ${results.kinds.map(({ id, rows, count }) => `${id} ${rows.length} of ${count}`).join(', ')}. Kinds that are not named were not run at all.\n\n`,
  };
  return template.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const part = parts[name];
    if (part === undefined)
      throw new Error(`the template asks for {{${name}}}: there are ${Object.keys(parts).join(', ')}`);
    return part;
  });
}
