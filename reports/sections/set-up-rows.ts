/** What the set-up of a comparison and of a claim have in common. */
import { number } from '../../src/format.js';
import { rowsInWords } from '../../src/verdict/words.js';
import { code, markup, type Markup, type MarkupPart } from '../html/markup.js';
import type { Claim, Comparison } from './section.js';

/** A model as evidence names it. */
export const modelCell = ({ name, kind, fingerprint }: Claim['models'][number]): Markup =>
  markup`${name} (${kind})<br>${code(fingerprint)}`;

/** From which seed, where, and how long. */
export const whereRows = ({
  seed,
  environment,
  seconds,
  rows,
}: Pick<Comparison, 'seed' | 'environment' | 'seconds'> & Partial<Pick<Comparison, 'rows'>>): (readonly [
  string,
  MarkupPart,
])[] => [
  ['seed', code(String(seed))],
  ['backend', `${environment.backend}: ${environment.backendDescription}`],
  ['software', `congruity ${environment.congruity}, Node ${environment.node}, ${environment.platform}`],
  ['took', `${number(seconds)} s`],
  ...(rows ? [['rows', rowsInWords(rows)] as const] : []),
];
