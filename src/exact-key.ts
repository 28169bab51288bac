/** Keys of values by what they hold, bit for bit, for what is kept of a value that its owner may fill anew. `valueKey` calls more alike. */
import { hash } from 'node:crypto';
import { bytesOf, isPlain } from './held.js';

/** Characters up to which a key is the content itself; of more it is the SHA-256. */
const LONGEST = 256;

// '#' begins no other text here
const short = (text: string): string => (text.length <= LONGEST ? text : `#${hash('sha256', text, 'base64')}`);

/** Numbers that join tells apart: it writes -0 as 0. */
function areNumbers(list: readonly unknown[]): boolean {
  for (let i = 0; i < list.length; i++) if (typeof list[i] !== 'number' || Object.is(list[i], -0)) return false;
  return true;
}

function written(value: unknown): string | undefined {
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (value === null || value === undefined || typeof value === 'boolean') return String(value);
  if (typeof value !== 'object') return undefined;
  if (ArrayBuffer.isView(value)) {
    const bytes = bytesOf(value);
    const held = bytes.length <= LONGEST ? bytes.toString('latin1') : hash('sha256', bytes, 'base64');
    return `${Object.prototype.toString.call(value)}${bytes.length}:${held}`;
  }
  if (Array.isArray(value)) {
    if (areNumbers(value)) return `[${value.join(',')}]`;
    const parts = value.map(exactKey);
    return parts.includes(undefined) ? undefined : `[${parts.join(',')}]`;
  }
  if (!isPlain(value)) return undefined;
  const parts: string[] = [];
  for (const [key, entry] of Object.entries(value)) {
    const part = exactKey(entry);
    if (part === undefined) return undefined;
    parts.push(`${JSON.stringify(key)}:${part}`);
  }
  return `{${parts.join(',')}}`;
}

/**
 * A text that two values share only where they hold the same: entries bit for bit, lists and arrays of each type apart. Values that hold the same may have two keys (objects whose
 * entries are in another order). Undefined for what does not show what it holds: functions, instances of classes.
 */
export function exactKey(value: unknown): string | undefined {
  const text = written(value);
  return text === undefined ? undefined : short(text);
}
