/**
 * What Unicode says of a character, in the versions that the `tokenizers` library (Rust) goes by, and not in that of the Node at hand: a text has the same tokens
 * everywhere. That library has several tables: Unicode 8.0 for BERT and for punctuation, 9.0 to strip accents, 11.0 for normal forms, 16.0 for patterns. Compared with tokenizers
 * 0.23.2 over all characters. What a version did not have yet is unassigned, as it was then; the few characters that were put into another category since are
 * listed. (Lower case and digits are those of the Rust that compiled it: here 16.0, so that 28 letters and 13 digits of Unicode 17 may differ from it.)
 */
import { ages } from './ages.js';

const hex = (at: number): string => `\\u{${at.toString(16)}}`;

/** Ranges of the characters that came after a version, to be put into a class. */
function after(kinds: string): string {
  let at = 0;
  let out = '';
  for (const [, kind, length] of ages.matchAll(/([A-E])([\da-z]+)/g)) {
    const end = at + Number.parseInt(length!, 36);
    if (kinds.includes(kind!)) out += `${hex(at)}-${hex(end - 1)}`;
    at = end;
  }
  return out;
}

/** Made when it is first asked for: most who load this have no tokenizer. */
function once<T>(make: () => T): () => T {
  let made: { readonly it: T } | undefined;
  return () => (made ??= { it: make() }).it;
}

const after8 = once(() => after('BCDE'));
const after16 = once(() => after('E'));
const newFor8 = once(() => new RegExp(`[${after8()}]`, 'u'));
const newFor11 = once(() => new RegExp(`([${after('DE')}]+)`, 'u'));
const newFor16 = once(() => new RegExp(`[${after16()}]`, 'u'));

const marks8 = once(
  () => new RegExp(`[[\\p{Mn}--[${after8()}\\u1885\\u1886\\uA9BD\\u{111C9}]]\\u1734\\u{1171E}]`, 'gv'),
);
const marks9 = once(() => new RegExp(`[[\\p{M}--[${after('CDE')}\\u{111C9}]]\\u1CF2\\u1CF3]`, 'gv'));
const control = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/u;

/** What came later stands for itself, and nothing combines with it. */
export const normalForm = (text: string, form: 'NFC' | 'NFD' | 'NFKC' | 'NFKD'): string =>
  text
    .split(newFor11())
    .map((part, at) => (at % 2 === 0 ? part.normalize(form) : part))
    .join('');

export const isControl = (c: string): boolean => control.test(c) && !newFor8().test(c);

/** BERT's accents: nonspacing marks, after decomposition. */
export const withoutAccents = (text: string): string => normalForm(text, 'NFD').replaceAll(marks8(), '');

/** All marks, of a text as it is. */
export const withoutMarks = (text: string): string => text.replaceAll(marks9(), '');

/** Letter by letter, so that a final sigma is no exception. */
export function lowerCase(text: string): string {
  const news = newFor16();
  const pin = news.test(text);
  return Array.from(text, (c) => (pin && news.test(c) ? c : c.toLowerCase())).join('');
}

/** The property of a version, as a class within a class. */
function property(escape: string, version: 8 | 16): string {
  const inside = escape.replace(/^\\P/, '\\p');
  let [more, less] = ['', version === 8 ? after8() : after16()];
  // U+0295 was a small letter until 16.0; these two were punctuation in 8.0
  if (/\{(?:Ll|Lowercase_Letter)\}|=(?:Ll|Lowercase_Letter)\}/.test(inside)) more = '\\u0295';
  if (/\{(?:Lo|Other_Letter)\}|=(?:Lo|Other_Letter)\}/.test(inside)) less += '\\u0295';
  if (version === 8 && inside === '\\p{P}') more = '\\u166D\\u{111C9}';
  const not = escape.startsWith('\\P') ? '^' : '';
  // all that is not assigned
  if (/[{=](?:C|Other|Cn|Unassigned)\}/.test(inside)) return `[${not}${inside}${less}]`;
  return `[${not}[${inside}--[${less}]]${more}]`;
}

/**
 * A regular expression (flag u) whose properties of characters are those of a version of Unicode. It is written anew for the flag v, which knows differences of
 * classes and wants more of the other characters in a class escaped.
 */
export function pinned(pattern: RegExp, version: 8 | 16): RegExp {
  const { source } = pattern;
  if (!/\\[pP]\{/.test(source)) return pattern;
  let out = '';
  let at = 0;
  const escape = (): string => {
    const found = /^\\(?:[pPu]\{[^}]*\}|u[\da-fA-F]{4}|x[\da-fA-F]{2}|c[A-Za-z]|k<[^>]*>|[^])/u.exec(
      source.slice(at),
    )![0];
    at += found.length;
    // white space does not change, and is in every pattern
    return /^\\[pP]\{(?!White_Space\}|ASCII|Any\})/.test(found) ? property(found, version) : found;
  };
  /** one character or escape within a class */
  const atom = (): string => {
    if (source[at] === '\\') return escape();
    const c = String.fromCodePoint(source.codePointAt(at)!);
    at += c.length;
    return /[()[\]{}/|&!#%,:;<=>@`~$*+.?^-]/.test(c) ? `\\${c}` : c;
  };
  while (at < source.length) {
    if (source[at] === '\\') out += escape();
    else if (source[at] !== '[') out += source[at++];
    else {
      out += source[at++];
      if (source[at] === '^') out += source[at++];
      while (source[at] !== ']') {
        out += atom();
        if (source[at] === '-' && source[at + 1] !== ']') {
          at++;
          out += `-${atom()}`;
        }
      }
      out += source[at++];
    }
  }
  return new RegExp(out, pattern.flags.replace('u', 'v'));
}
