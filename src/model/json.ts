/** JSON from files that may be hostile: keys that do not mean what they seem to. */

export interface KeyFault {
  readonly key: string;
  /**
   * repeated: JSON.parse silently keeps the last, which lets a file say two things at once. escaped: two spellings of one key, and V8 of
   * Node 24 reads some of them wrong (docs/findings.md)
   */
  readonly fault: 'repeated' | 'escaped';
}

/** True where a key is written as it is, without a backslash. */
export const isPlainKey = (key: string): boolean => JSON.stringify(key) === `"${key}"`;

/**
 * The first key of some object of a valid JSON text that is repeated or escaped, or undefined.
 * Walks the text without recursion, so nesting costs no stack.
 */
export function keyFault(text: string): KeyFault | undefined {
  const open: (Set<string> | undefined)[] = []; // one per object (its keys) or array (undefined) still open
  let keyNext = false;
  for (let at = 0; at < text.length; at++) {
    const c = text[at];
    if (c === '{') {
      open.push(new Set());
      keyNext = true;
    } else if (c === '[') {
      open.push(undefined);
      keyNext = false;
    } else if (c === '}' || c === ']') {
      open.pop();
      keyNext = false;
    } else if (c === ',') {
      keyNext = open.at(-1) !== undefined;
    } else if (c === '"') {
      const from = at++;
      while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
      if (!keyNext) continue;
      const raw = text.slice(from, at + 1);
      const key = JSON.parse(raw) as string;
      const keys = open.at(-1)!;
      if (keys.has(key)) return { key, fault: 'repeated' };
      if (raw.includes('\\')) return { key, fault: 'escaped' };
      keys.add(key);
      keyNext = false;
    }
  }
  return undefined;
}
