/** Expressions as a reader wants them. */
import type { Draft, SelectorOp } from './op.js';
import { valueInWords } from './value.js';

/** Longer ones are cut in messages and in a program's text. */
const LONGEST = 240;

const cut = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)} ...` : text);

/** A function as its source has it, on one line. */
export function functionInWords(f: unknown): string {
  const text = String(f).replace(/\s+/g, ' ');
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

type Marked = Draft | SelectorOp | undefined;

function parts(draft: Draft, marked: Marked): string[] {
  const inner = draft.selector ? [selectorInline(draft.selector, marked)] : [];
  if (draft.kind === 'linear')
    inner.push(...draft.args.map((arg, i) => `[${inline(arg, marked)}, ${draft.factors![i]!}]`));
  else if (draft.kind === 'map' && draft.args.length !== 1)
    inner.push(`[${draft.args.map((arg) => inline(arg, marked)).join(', ')}]`);
  else inner.push(...draft.args.map((arg) => inline(arg, marked)));
  if (draft.label !== undefined) inner.push(draft.label);
  if (draft.otherwise !== undefined && draft.otherwise !== (draft.kind === 'mean' ? 0 : null))
    inner.push(`otherwise ${valueInWords(draft.otherwise)}`);
  return inner;
}

/** The name, or what it stands for, inside another expression. */
function inline(draft: Draft, marked: Marked): string {
  const text = draft.name ?? body(draft, marked);
  return draft === marked ? `»${text}«` : text;
}

function body(draft: Draft, marked: Marked): string {
  if (draft.kind === 'tokens' || draft.kind === 'indices' || draft.kind === 'length') return draft.kind;
  const call = draft.kind === 'map' && draft.args.length !== 1 ? 'combine' : draft.kind;
  return `${call}(${parts(draft, marked).join(', ')})`;
}

function selectorBody(selector: SelectorOp, marked: Marked): string {
  if (selector.kind === 'all') return 'all';
  if (selector.kind === 'select')
    return `select(${inline(selector.keys, marked)}, ${inline(selector.queries, marked)}, ${selector.label})`;
  return `${selector.kind}(${selector.of.map((one) => selectorInline(one, marked)).join(', ')})`;
}

function selectorInline(selector: SelectorOp, marked: Marked): string {
  const text = selector.name ?? selectorBody(selector, marked);
  return selector === marked ? `»${text}«` : text;
}

/** What a sequence is computed from: `width(same)`. */
export const expression = (draft: Draft): string => cut(body(draft, undefined));

/** What a selector is made of. */
export const selectorExpression = (selector: SelectorOp): string => cut(selectorBody(selector, undefined));

/** For a message: the expression with its name, and `»«` around what is wrong in it. */
export function pointing(draft: Draft, marked?: Marked): string {
  const text = body(draft, marked);
  const whole = marked === undefined ? `»${text}«` : text;
  return cut(draft.name === undefined || draft.name === text ? whole : `${draft.name} = ${whole}`);
}
