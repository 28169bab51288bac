/** Text from users and models made harmless for a place that interprets it. */
import { stripVTControlCharacters } from 'node:util';

/** One line without control characters: no name can move the cursor, colour the terminal or break a line. */
export function oneLine(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replace(/[\r\n\t\u2028\u2029]+/g, ' ').replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
}

/** Plain text inside Markdown (GitHub's), also inside a table cell. */
export function markdown(text: string): string {
  return oneLine(text)
    .replace(/[\\`*_[\]|~#$]/g, '\\$&')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/@/g, '&#64;');
}

/** A fenced block whose fence is longer than any run of backticks in it. */
export function fenced(text: string): string {
  const longest = Math.max(2, ...Array.from(text.matchAll(/`+/g), (run) => run[0].length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}\n${oneLine(text)}\n${fence}`;
}

/** Without a terminal's escape codes; XML 1.0 allows no control characters, lone surrogates or the two non-characters, escaped or not. */
export function xmlText(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return stripVTControlCharacters(text).replace(/[\ud800-\udfff]/gu, '\ufffd').replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd');
}

const xmlNames: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\n': '&#10;', '\r': '&#13;', '\t': '&#9;' };

/** For the content of an element. */
export const xmlContent = (text: string): string => xmlText(text).replace(/[&<>]/g, (one) => xmlNames[one]!);

/** For the value of an attribute, between double quotes. */
export const xmlValue = (text: string): string => xmlText(text).replace(/[&<>"\n\r\t]/g, (one) => xmlNames[one]!);

/** The first line that says something; Jest's own headings (`● Test suite failed to run`) do not. Empty where none does. */
export const firstLine = (text: string): string =>
  stripVTControlCharacters(text)
    .split('\n')
    .map((line) => line.trim())
    .find((line) => line !== '' && !line.startsWith('●'))
    ?.slice(0, 300) ?? '';
