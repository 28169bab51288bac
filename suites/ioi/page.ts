/** The result as one page: models, matrices as pictures with their numbers, what is surprising. */
import { estimateInWords } from '../estimate-in-words.js';
import { document } from '../page.js';
import { markup, table, type Markup } from '../../reports/html/markup.js';
import { restartIds } from '../../reports/html/svg.js';
import { duration, interval, percent, percentInterval, plural } from '../../src/format.js';
import { heat } from './picture.js';
import type { Result } from './result.js';
import { carriersOf, counted, groupsOf, judgedOf, surprises } from './summary.js';
import { matrices } from './text.js';

const numeric = (head: string) => ({ head, numeric: true });

function modelTable({ models }: Result): Markup {
  return table(
    'Models',
    [
      { head: 'model' },
      { head: 'family' },
      numeric('accuracy'),
      numeric('logit difference'),
      numeric('likeliest token'),
      { head: 'heads: restores, breaks' },
      { head: 'not judged' },
    ],
    models.map(({ name, family, accuracy, logitDifference, first, heads, leftOut }) => [
      name,
      family,
      percent(accuracy),
      logitDifference.toFixed(2),
      percent(first),
      heads
        .slice(0, 5)
        .map(({ head, restores, breaks }) => `${head}: ${percent(restores)}, ${percent(breaks)}`)
        .join('; '),
      leftOut ?? '',
    ]),
  );
}

function pairTable({ pairs }: Result): Markup {
  return table(
    'Every comparison',
    [
      'row',
      'column',
      'verdict',
      'congruity',
      'within, within, across',
      'draws',
      'relation',
      'responses',
      'code',
      'CKA',
      'why',
    ].map((head) => ({ head })),
    pairs.map(({ row, column, outcome, congruity, distances, draws, relation, response, code, cka, reason }) => [
      row,
      column,
      outcome,
      interval(congruity),
      distances.map((x) => x.toFixed(3)).join(', '),
      draws.join(', '),
      relation,
      `${response.outcome}; ${response.roles
        .toSorted((a, b) => b.discrepancy.estimate - a.discrepancy.estimate)
        .slice(0, 2)
        .map(({ role, discrepancy }) => `${role} ${discrepancy.estimate.toFixed(2)}`)
        .join(', ')}`,
      code.toFixed(2),
      cka.toFixed(2),
      reason,
    ]),
  );
}

const tally = (title: string, all: readonly (readonly [string, number])[]): Markup =>
  table(title, [{ head: '' }, numeric('pairs')], all);

function kindTable({ pairs, models }: Result): Markup {
  const kinds = models[0]?.kinds ?? [];
  return table(
    'Kinds of prompts: smallest accuracy of a model, and debiased CKA over pairs',
    [{ head: 'kind' }, numeric('prompts'), numeric('accuracy'), numeric('CKA, smallest'), numeric('CKA, largest')],
    kinds.map(({ kind, prompts }) => {
      const ckas = pairs.flatMap((pair) => pair.kinds.filter((one) => one.kind === kind).map(({ cka }) => cka));
      const accuracies = models.flatMap((model) => model.kinds.filter((one) => one.kind === kind));
      return [
        kind,
        prompts,
        percent(Math.min(...accuracies.map(({ accuracy }) => accuracy))),
        ...(ckas.length === 0 ? ['', ''] : [Math.min(...ckas).toFixed(2), Math.max(...ckas).toFixed(2)]),
      ];
    }),
  );
}

/** The page's text. */
export function toPage(result: Result): string {
  const { settings, prompts, skipped, seconds, complete } = result;
  restartIds();
  const odd = surprises(result);
  return document(
    'Indirect object identification',
    markup`<p>${plural(prompts.count, 'prompt')} of ${plural(prompts.names.length, 'name')} and ${plural(prompts.templates.length, 'template')}, ${settings.draws} implementations a model, seed ${settings.seed}. ${plural(prompts.leftOut.length, 'word')} that some model does not have were left out.${prompts.refused.map(({ model, why, prompts: count }) => markup` ${plural(count, 'prompt')} of ${settings.inputs} were left out: ${model}: ${why}.`)}</p>
<p class="muted">${complete ? 'Complete' : 'Interrupted: the same command goes on'}; ${duration(seconds)}; ${estimateInWords(result)}.</p>`,
    [
      markup`<section><h2>Models</h2>${modelTable(result)}${skipped.map(({ path, why }) => markup`<p>Skipped: ${path}: ${why}.</p>`)}</section>`,
      judgedOf(result).length > 1 &&
        markup`<section><h2>Comparisons</h2>${matrices.map((which) => markup`<figure><figcaption><b>${which.title}</b>: ${which.says}.</figcaption>${heat(result, which)}</figure>`)}<details><summary>Numbers</summary>${pairTable(result)}</details></section>`,
      markup`<section><h2>Within families and across</h2>${table(
        'Pairs',
        [
          { head: '' },
          numeric('pairs'),
          { head: 'equivalent' },
          numeric('different'),
          numeric('undecided'),
          numeric('respond alike'),
          numeric('congruity'),
          numeric('code'),
          numeric('CKA'),
        ],
        groupsOf(result)
          .map(counted)
          .map(({ name, count, equivalent, different, undecided, alike, rate, congruity, code, cka }) => [
            name,
            count,
            `${equivalent} (${percentInterval(rate)})`,
            different,
            undecided,
            alike,
            congruity.toFixed(2),
            code.toFixed(2),
            cka.toFixed(2),
          ]),
      )}</section>`,
      odd.length > 0 &&
        markup`<section><h2>Surprising verdicts</h2>${carriersOf(odd).map(
          ({ why, count, sites, kinds }) =>
            markup`<p>${plural(count, 'pair')} ${why}.</p>${tally('Layers that carry most', sites)}${tally('Kinds of prompts that carry most', kinds)}`,
        )}<ul>${odd.map(
          ({ pair, why, site, kind }) =>
            markup`<li>${pair.row} and ${pair.column} are ${why}: congruity ${interval(pair.congruity)}${site && `; most at ${site.row} and ${site.column}, distance ${site.distance.toFixed(2)}`}${kind && `; on “${kind.kind}”, CKA ${kind.cka.toFixed(2)}`}.</li>`,
        )}</ul></section>`,
      markup`<section><h2>Kinds of prompts</h2>${kindTable(result)}</section>`,
    ],
  );
}
