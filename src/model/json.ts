/** JSON that must not repeat a key: JSON.parse silently keeps the last, which lets a file say two things at once. */

/**
 * The first key that some object of a valid JSON text repeats, or undefined.
 * Walks the text without recursion, so nesting costs no stack.
 */
export function repeatedKey(text: string): string | undefined {
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
      const key = JSON.parse(text.slice(from, at + 1)) as string;
      const keys = open.at(-1)!;
      if (keys.has(key)) return key;
      keys.add(key);
      keyNext = false;
    }
  }
  return undefined;
}
