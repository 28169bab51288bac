/** How far a model and a program agree, step by step along a chain of components. */
import { percent, percentInterval } from '../../src/format.js';
import { axioms } from '../../src/program/chain/chain.js';
import { code, table, type MarkupPart } from '../html/markup.js';
import { limitsUnder, ofClaim } from './section.js';

export const chain = ofClaim({
  id: 'chain',
  title: 'Chain',
  applies: (claim) => claim.chain !== undefined,
  html: ({ chain: found }) => {
    const { rows, exact, inputs, atLeast } = found!;
    return table(
      `Share of inputs on which each axiom holds, ${exact ? `of all ${inputs}` : `by ${inputs} that were drawn, with limits`}; asked for: ${percent(atLeast)}`,
      ['step', 'site', ...axioms].map((head, j) => ({ head, numeric: j > 1 })),
      [...new Set(rows.map(({ step }) => step))].map((step): MarkupPart[] => {
        const own = rows.filter((row) => row.step === step);
        const site = own[0]!.site;
        return [
          step,
          site === undefined ? '' : code(site),
          ...axioms.map((axiom) => {
            const row = own.find((one) => one.axiom === axiom);
            if (!row) return '';
            const { rate, is } = row;
            return `${rate.low === rate.high ? percent(rate.estimate) : percentInterval(rate)}${is === 'holds' ? '' : `, ${is}`}`;
          }),
        ];
      }),
    );
  },
  properties: ({ chain: found }) =>
    Object.assign(
      { 'chain.atLeast': String(found!.atLeast) },
      ...found!.rows.map(({ step, axiom, rate }) => limitsUnder(`chain.${step}.${axiom}`, rate)),
    ) as Record<string, string>,
});
