/** Whether a value still holds what it held: for what is kept of a value that its owner may fill anew. */

/** An object literal of any realm. */
export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

const isView = (value: unknown): value is ArrayBufferView => ArrayBuffer.isView(value);
export const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);

/** What a value holds, in memory of its own. Of what does not show it (instances of classes, functions), the value itself. */
function copied(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (isView(value)) return Buffer.from(bytesOf(value));
  if (Array.isArray(value)) return value.map(copied);
  return isPlain(value) ? Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, copied(entry)])) : value;
}

/** @param before what `copied` made */
function holds(now: unknown, before: unknown): boolean {
  if (typeof now !== 'object' || now === null) return Object.is(now, before);
  // most are lists of numbers, which need no call each
  if (Array.isArray(now)) {
    if (!Array.isArray(before) || now.length !== before.length) return false;
    for (let i = 0; i < now.length; i++) {
      const entry: unknown = now[i];
      if (!(typeof entry === 'object' ? holds(entry, before[i]) : Object.is(entry, before[i]))) return false;
    }
    return true;
  }
  if (isView(now)) return isView(before) && bytesOf(now).equals(before as Buffer);
  if (!isPlain(now)) return now === before;
  if (typeof before !== 'object' || before === null) return false;
  const keys = Object.keys(now);
  if (keys.length !== Object.keys(before).length) return false;
  for (const key of keys)
    if (!(key in before && holds((now as Record<string, unknown>)[key], (before as Record<string, unknown>)[key])))
      return false;
  return true;
}

/** What a list held when this was made, bit for bit. */
export class Held {
  private readonly list: readonly unknown[];
  private readonly content: unknown;

  constructor(list: readonly unknown[]) {
    this.list = [...list];
    this.content = copied(list);
  }

  /** True where the list has the same members, and they hold the same. */
  still(list: readonly unknown[]): boolean {
    return (
      list.length === this.list.length &&
      list.every((one, i) => Object.is(one, this.list[i])) &&
      holds(list, this.content)
    );
  }
}
