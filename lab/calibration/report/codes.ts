/** Which code judged which kinds, where it was not one. */
import type { Results } from '../rows.js';
import { kindsOf } from './shares.js';

/** A paragraph; nothing where all comparisons are of the code that the page names. */
export function codes(results: Results): string {
  const kinds = kindsOf(results).map(({ id, rows }) => ({ id, by: new Set(rows.map(({ by }) => by ?? results.code)) }));
  const others = [...new Set(kinds.flatMap(({ by }) => [...by]))].filter((code) => code !== results.code);
  if (others.length === 0) return '';
  const of = (code: string): string =>
    kinds
      .filter(({ by }) => by.has(code))
      .map(({ id }) => id)
      .join(', ');
  const now = of(results.code);
  return `**Several codes.** ${now && `Of the code named above are: ${now}. `}Of earlier code, and not compared again since: ${others.map((code) => `${of(code)} (${code})`).join('; ')}.\n\n`;
}
