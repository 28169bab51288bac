/** Text for Markdown and XML, on top of what is harmless everywhere (src/plain.ts). */
import { stripVTControlCharacters } from 'node:util';
import { oneLine, plainText } from '../src/plain.js';

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

/** Without a terminal's escape codes, which Jest's messages have; XML 1.0 does not allow two more characters, escaped or not. */
export const xmlText = (text: string): string =>
  plainText(stripVTControlCharacters(text)).replace(/[\ufffe\uffff]/g, '\ufffd');

const xmlNames: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
  '\r': '&#13;',
  '\t': '&#9;',
};

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
