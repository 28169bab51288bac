/** The check as one of a stream of releases: its row in the ledger. */
import { number, percent } from '../../src/format.js';
import { markup } from '../html/markup.js';
import type { Check } from '../schema.js';
import type { Section } from './section.js';

function inWords({ row, hold, alpha, level, log10E, alarm }: NonNullable<Check['stream']>): string {
  const held =
    hold === 'ever'
      ? `over all releases any false alarm at all has a probability of at most ${percent(alpha)}`
      : `of all alarms, ${percent(alpha)} are false on average at most`;
  return `row ${row} of the ledger: ${alarm ? 'an alarm' : 'no alarm'}, evidence (e-value) ${number(10 ** log10E)} of ${number(1 / level)} that an alarm needs; ${held}`;
}

export const stream: Section = {
  id: 'stream',
  title: 'Over releases',
  applies: (check) => check.stream !== undefined,
  html: (check) => markup`<p>${inWords(check.stream!)}. Hash <code>${check.stream!.hash}</code></p>`,
  lines: (check) => [{ label: 'releases', text: inWords(check.stream!) }],
  properties: ({ stream: of }) => ({
    'stream.row': String(of!.row),
    'stream.level': String(of!.level),
    'stream.log10E': String(of!.log10E),
    'stream.alarm': String(of!.alarm),
  }),
};
