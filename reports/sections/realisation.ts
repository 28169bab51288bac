/** Interchange accuracy, variable by variable. */
import { number, percent, percentInterval } from '../../src/format.js';
import type { StratumEvidence } from '../../src/realisation/evidence.js';
import { groupInWords, groupsInOrder } from '../../src/realisation/words.js';
import { markup, table, type Markup } from '../html/markup.js';
import { limitsUnder, ofClaim, type Properties } from './section.js';

const cells = (stratum: StratumEvidence | undefined): string[] =>
  stratum === undefined
    ? ['', '', '']
    : [
        stratum.exhaustive ? `all ${stratum.tried}` : String(stratum.tried),
        stratum.exhaustive ? percent(stratum.accuracy.estimate) : percentInterval(stratum.accuracy),
        stratum.is,
      ];

export const realisation = ofClaim({
  id: 'realisation',
  title: 'Interchanges',
  applies: ({ realisation: found }) => found !== undefined,
  html: ({ realisation: evidence }): Markup => {
    const { groups, threshold, found, program } = evidence!;
    const accuracies = table(
      `Interchange accuracy: how often the model answers as ${program}, with the variable taken from another input; within: at most ${number(threshold)} disagree`,
      ['variable', 'where it matters', 'right', 'is', 'elsewhere', 'right', 'is'].map((head, j) => ({
        head,
        numeric: j === 1 || j === 2 || j === 4 || j === 5,
      })),
      groupsInOrder(groups).map((group) => [groupInWords(group), ...cells(group.matters), ...cells(group.rest)]),
    );
    if (found === undefined) return accuracies;
    return markup`${accuracies}${table(
      `The alignment was searched for on ${found.searched} inputs and judged on ${found.judged} others`,
      ['variable', 'found in', 'stage', 'right, held out', 'untrained network'].map((head, j) => ({
        head,
        numeric: j > 2,
      })),
      [
        ...found.variables.map(({ variable, parts, stage, heldOut, untrained }) => [
          variable,
          parts.join(', '),
          stage,
          percent(heldOut),
          untrained === undefined ? '' : percent(untrained),
        ]),
        ...found.missing.map((variable) => [variable, 'no free part', '', '', '']),
      ],
    )}`;
  },
  properties: ({ realisation: evidence }): Properties => {
    const { outcome, threshold, groups, draws, rows, found } = evidence!;
    return {
      realisation: outcome,
      'realisation.threshold': String(threshold),
      'realisation.draws': String(draws),
      'realisation.rows': String(rows),
      ...Object.fromEntries(
        groups.flatMap((group) => [
          ...(group.matters
            ? Object.entries(limitsUnder(`realisation.${groupInWords(group)}`, group.matters.accuracy))
            : []),
          ...(group.rest
            ? Object.entries(limitsUnder(`realisation.${groupInWords(group)}.rest`, group.rest.accuracy))
            : []),
        ]),
      ),
      ...(found?.untrained && { 'realisation.untrained': String(found.untrained.accuracy) }),
    };
  },
});
