/** How far apart two models answer while a role is replaced in both, role by role, against the tolerance. */
import { interval, number } from '../../src/format.js';
import type { ResponseEvidence, RoleEvidence } from '../../src/response/evidence.js';
import { roleInWords, rolesInOrder } from '../../src/response/words.js';
import { figure, table, type Markup } from '../html/markup.js';
import { scaleOf } from '../html/scale.js';
import { axis, dot, heading, LEFT, line, over, rect, RIGHT, svg } from '../html/svg.js';
import type { Check } from '../schema.js';
import { limitsUnder, type Properties, type Section } from './section.js';

type Response = ResponseEvidence;

const ROW = 36;
const TOP = 20;
/** rows beyond these are in the table only */
const SHOWN = 30;

const TESTED = { yes: 'yes', no: 'no: too little', open: 'not certain' };

function picture({ roles, untouched, margin }: Response): Markup {
  const ordered = rolesInOrder(roles);
  const rows: Pick<RoleEvidence, 'discrepancy' | 'effect' | 'is'>[] = [
    ...ordered.slice(0, SHOWN),
    { ...untouched, effect: { estimate: 0, low: 0, high: 0 } },
  ];
  const names = [...ordered.slice(0, SHOWN).map(roleInWords), 'nothing replaced'];
  const values = rows.flatMap(({ discrepancy, effect }) => [discrepancy.high, effect.estimate]);
  const scale = scaleOf([0, 1.2 * margin, ...values], LEFT, RIGHT, 5);
  const bottom = TOP + rows.length * ROW + 4;
  const [first] = ordered as [RoleEvidence];
  const drawn = svg(
    bottom + 38,
    'How far apart the answers are, role by role',
    `Farthest apart: ${roleInWords(first)}, ${interval(first.discrepancy)}; tolerance ${number(margin)}.`,
    [
      axis(scale, TOP, bottom, 'mean total variation between answers'),
      line(scale(margin), TOP - 4, scale(margin), bottom, 'margin'),
      over(scale(margin), 11, `tolerance ${number(margin)}`, 't m'),
      rows.map(({ discrepancy, effect, is }, r) => {
        const y = TOP + r * ROW + 26;
        const { estimate, low, high } = discrepancy;
        return [
          heading(y - 10, names[r]!, `${is === 'alike' ? '' : `${is}, `}${number(estimate)}`, 't'),
          rect(
            scale(0),
            y - 5,
            scale(effect.estimate) - scale(0),
            10,
            'f-baseline soft',
            `effect ${number(effect.estimate)}`,
          ),
          line(scale(low), y, scale(high), y, 's-candidate thick'),
          dot('candidate', scale(estimate), y, `${names[r]!}: ${interval(discrepancy)}`),
        ];
      }),
    ],
  );
  const more = ordered.length > SHOWN ? ` The first ${SHOWN} of ${ordered.length} roles; the table has all.` : '';
  return figure(
    'Responses',
    drawn,
    `Squares: how far apart the two models answer while the role is replaced in both; lines: the limits. A role is alike if its whole line lies left of the tolerance, unlike if it lies right of it. Bars: how far replacing the role moves a model’s answers; a role that moves them by less than half the tolerance cannot tell models apart.${more}`,
    table(
      'Mean total variation between answers',
      ['role', 'replaced by', 'draws', 'apart', 'is', 'moved by', 'from the other input’s answers', 'tells apart'].map(
        (head, j) => ({ head, numeric: j === 2 || j === 3 || j === 5 || j === 6 }),
      ),
      ordered.map(({ role, by, draws, discrepancy, is, effect, kept, tested }) => [
        role,
        by,
        String(draws),
        interval(discrepancy),
        is,
        interval(effect),
        kept ? interval(kept) : '',
        TESTED[tested],
      ]),
    ),
  );
}

const responseOf = ({ evidence, claim }: Check): Response | undefined => evidence?.response ?? claim?.response;

export const response: Section = {
  id: 'response',
  title: 'Responses',
  applies: (check) => responseOf(check) !== undefined,
  html: (check) => picture(responseOf(check)!),
  properties: (check): Properties => {
    const { outcome, roles, untouched, margin, draws, rows } = responseOf(check)!;
    return {
      response: outcome,
      'response.margin': String(margin),
      'response.draws': String(draws),
      'response.rows': String(rows),
      ...limitsUnder('response.untouched', untouched.discrepancy),
      ...Object.fromEntries(
        roles.flatMap((one) => [
          ...Object.entries(limitsUnder(`response.${roleInWords(one)}`, one.discrepancy)),
          [`response.${roleInWords(one)}.effect`, String(one.effect.estimate)] as const,
        ]),
      ),
    };
  },
};
