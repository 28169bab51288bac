/** Markup in which everything is escaped unless it is markup already: no name can become a tag, an attribute or a script. */
import { plainText } from '../../src/plain.js';

export class Markup {
  constructor(readonly text: string) {}
  toString(): string {
    return this.text;
  }
}

export type MarkupPart = string | number | Markup | undefined | null | false | readonly MarkupPart[];

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Safe as text and inside a quoted attribute. What shows nothing or turns the direction of writing becomes U+FFFD. */
export const escapeHtml = (text: string): string => plainText(text).replace(/[&<>"']/g, (c) => entities[c]!);

function render(part: MarkupPart): string {
  if (part === undefined || part === null || part === false) return '';
  if (Array.isArray(part)) return (part as readonly MarkupPart[]).map(render).join('');
  if (part instanceof Markup) return part.text;
  return escapeHtml(String(part as string | number));
}

/** A template whose values are escaped; `undefined`, `null` and `false` leave nothing, arrays are joined. */
export function markup(strings: TemplateStringsArray, ...parts: readonly MarkupPart[]): Markup {
  return new Markup(strings.reduce((text, s, i) => text + render(parts[i - 1]) + s));
}

export interface Column {
  readonly head: MarkupPart;
  /** numbers are set right, text left */
  readonly numeric?: boolean;
}

/** Columns from which on a table may be wider than its window. */
const WIDE = 6;

/** A table with a caption; the first cell of a row is its header. Where no column has a head there is no row of heads. */
export function table(caption: string, columns: readonly Column[], rows: readonly (readonly MarkupPart[])[]): Markup {
  const numeric = (j: number): Markup | false => columns[j]?.numeric === true && new Markup(' class="n"');
  // whoever has no mouse scrolls what has the focus
  const region = columns.length >= WIDE && markup` tabindex="0" role="region" aria-label="${caption}"`;
  return markup`<div class="scroll"${region}><table><caption>${caption}</caption>${
    columns.some(({ head }) => head !== '') &&
    markup`<thead><tr>${columns.map(({ head }, j) =>
      head === '' ? new Markup('<td></td>') : markup`<th scope="col"${numeric(j)}>${head}</th>`,
    )}</tr></thead>`
  }<tbody>${rows.map(
    (row) =>
      markup`<tr>${row.map((cell, j) => (j === 0 ? markup`<th scope="row">${cell}</th>` : markup`<td${numeric(j)}>${cell}</td>`))}</tr>\n`,
  )}</tbody></table></div>`;
}

/** A picture with what it shows, and its numbers folded away beside it. */
export function figure(title: string, picture: MarkupPart, explanation: MarkupPart, numbers: MarkupPart): Markup {
  return markup`<figure><figcaption><b>${title}</b> ${explanation}</figcaption>${picture}<details><summary>Numbers: ${title}</summary>${numbers}</details></figure>\n`;
}

export const code = (text: string): Markup => markup`<code>${text}</code>`;

/** Names in a row. */
export const codes = (names: readonly string[]): Markup =>
  markup`${names.map((name, i) => [i > 0 && ', ', code(name)])}`;

/** A table of labels and values; what is false or undefined is left out. */
export const pairs = (
  caption: string,
  rows: readonly (readonly [label: MarkupPart, value: MarkupPart] | false | undefined)[],
): Markup =>
  table(
    caption,
    [{ head: '' }, { head: '' }],
    rows.flatMap((row) => (row ? [row] : [])),
  );
