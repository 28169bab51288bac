/** A claim on the page: what was tried, the parts of the circuit, the set-up. */
import { number, percentInterval } from '../../src/format.js';
import { boundLines } from '../../src/bounds/words.js';
import { inputLines } from '../../src/verdict/words.js';
import type { Check } from '../schema.js';
import { markup, table, type Markup, type MarkupPart } from './markup.js';

type Claim = NonNullable<Check['claim']>;

const code = (text: string): Markup => markup`<code>${text}</code>`;

function counterexample({
  description: words,
  components,
  by,
  input,
  source,
  measured,
}: NonNullable<Claim['counterexample']>): Markup {
  const rows: MarkupPart[][] = [
    ['in words', words],
    ...(components ? [['components', markup`${components.map((name, i) => [i > 0 && ', ', code(name)])}`]] : []),
    ...(by === undefined ? [] : [['replaced by', by]]),
    ...(input === undefined ? [] : [['input', code(input)]]),
    ...(source === undefined ? [] : [['taken from', code(source)]]),
    ...measured.map((line): MarkupPart[] => ['measured', line]),
  ];
  return markup`<h3>Counterexample</h3>${table('The smallest that was found', [{ head: '' }, { head: '' }], rows)}`;
}

const parts = (list: NonNullable<Claim['parts']>): Markup =>
  markup`<h3>Parts of the circuit</h3>${table(
    'What replacing each part alone does; limits hold for all of them at once',
    ['part', 'is', 'replaced by', 'inputs broken', 'share'].map((head, j) => ({ head, numeric: j > 2 })),
    list.flatMap(({ component, status, effects }) =>
      effects.map(({ by, tried, broken, share }, i): MarkupPart[] => [
        i === 0 ? code(component) : '',
        i === 0 ? status : '',
        by,
        `${broken} of ${tried}`,
        percentInterval(share),
      ]),
    ),
  )}`;

const boundsTable = (bounds: NonNullable<Claim['bounds']>): Markup =>
  markup`<h3>Bounds</h3><div class="wide">${table(
    'How far apart the two sets are',
    [{ head: '' }, { head: '' }],
    [
      ...boundLines(bounds).map(([label, value]): MarkupPart[] => [label, value]),
      ...bounds.sides.map(({ name, set }): MarkupPart[] => [`set of ${name}`, set]),
    ],
  )}</div>`;

export function claimSection(check: Check, claim: Claim): Markup {
  const { search, bounds, circuit, models, task, environment } = claim;
  const rows: MarkupPart[][] = [
    ...models.map((model, i): MarkupPart[] => [
      i === 0 ? 'model' : 'compared with',
      markup`${model.name} (${model.kind})<br>${code(model.fingerprint)}`,
    ]),
    ...(circuit
      ? [
          [
            'circuit',
            markup`${circuit.components.map((name, i) => [i > 0 && ', ', code(name)])}; ${circuit.outside} components outside`,
          ],
        ]
      : []),
    ['task', `${task.name}, ${task.inputs} inputs; ${task.behaviour}, required: ${task.threshold}`],
    ...inputLines(task),
    ...(search
      ? [
          ['runs, shrinks', `${search.runs}, ${search.shrinks}`],
          ['tried', `${search.evaluated} in ${search.passes} forward passes`],
        ]
      : []),
    ...(search?.stopped === undefined ? [] : [['stopped', search.stopped]]),
    ...(search?.again ? [['remembered', 'it failed before, was tried first, and failed again']] : []),
    ['seed', code(String(claim.seed))],
    ['backend', `${environment.backend}: ${environment.backendDescription}`],
    ['software', `congruity ${environment.congruity}, Node ${environment.node}, ${environment.platform}`],
    ['took', `${number(claim.seconds)} s`],
    ['asserted by', markup`${code(check.matcher)}, expected ${check.expected === 'holds' ? 'to hold' : 'to fail'}`],
  ];
  return markup`${claim.counterexample && counterexample(claim.counterexample)}${claim.parts && parts(claim.parts)}${bounds && boundsTable(bounds)}<h3>Set-up</h3><div class="wide">${table('Search, models and environment', [{ head: '' }, { head: '' }], rows)}</div>`;
}
