/**
 * JSON as the files beside a checkpoint hold it, read strictly. JSON.parse keeps the last of two equal keys without a word, and V8 of Node 24 reads
 * some escaped keys wrong (docs/dependencies.md) - and every byte-level vocabulary has the token `"`.
 */
// jsdom has no such global
import { TextDecoder } from 'node:util';
import { FileError } from '../errors.js';
import { readLimited } from './files.js';
import { foreign } from './foreign.js';

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
/** Inherits nothing, so that a key `__proto__` is a key. */
export interface JsonObject {
  readonly [key: string]: Json;
}

/** What inherits from an object without anything is as good as an object without a prototype, and V8 makes it several times as fast. */
const Bare = function () {} as unknown as new () => Record<string, Json>;
Bare.prototype = Object.freeze(Object.create(null));

const maxDepth = 64;

const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

class Parser {
  private at = 0;
  constructor(private readonly text: string) {}

  whole(): Json {
    const value = this.value(0);
    this.space();
    if (this.at < this.text.length) this.fail('something follows the value');
    return value;
  }

  private fail(what: string): never {
    const before = this.text.slice(0, this.at);
    const line = before.split('\n').length;
    throw new SyntaxError(`${what}, in line ${line} at character ${this.at - before.lastIndexOf('\n')}`);
  }

  private space(): void {
    for (;;) {
      const c = this.text.charCodeAt(this.at);
      if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return;
      this.at++;
    }
  }

  /** Skips white space and takes this character if it comes next. */
  private takes(c: string): boolean {
    this.space();
    if (this.text[this.at] !== c) return false;
    this.at++;
    return true;
  }

  private string(): string {
    const from = this.at++;
    let plain = true;
    for (;;) {
      const c = this.text.charCodeAt(this.at);
      if (c === 0x22) break;
      if (Number.isNaN(c)) this.fail('a string is not ended');
      if (c === 0x5c) plain = false;
      this.at += c === 0x5c ? 2 : 1;
      if (c < 0x20) this.fail('a string holds a control character');
    }
    const raw = this.text.slice(from, ++this.at);
    // a string by itself is read right everywhere
    return plain ? raw.slice(1, -1) : (JSON.parse(raw) as string);
  }

  private value(depth: number): Json {
    if (depth > maxDepth) this.fail(`values are nested more than ${maxDepth} deep`);
    this.space();
    switch (this.text.charCodeAt(this.at)) {
      case 0x7b:
        return this.object(depth);
      case 0x5b:
        return this.array(depth);
      case 0x22:
        return this.string();
      case 0x74:
        return this.word('true', true);
      case 0x66:
        return this.word('false', false);
      case 0x6e:
        return this.word('null', null);
      default:
        return this.number();
    }
  }

  private word(word: string, meaning: boolean | null): boolean | null {
    if (!this.text.startsWith(word, this.at)) this.fail('this is no JSON value');
    this.at += word.length;
    return meaning;
  }

  private number(): number {
    number.lastIndex = this.at;
    if (!number.test(this.text))
      this.fail(this.at >= this.text.length ? 'the text ends too early' : 'this is no JSON value');
    const value = Number(this.text.slice(this.at, number.lastIndex));
    this.at = number.lastIndex;
    if (!Number.isFinite(value)) this.fail('this number is too large');
    return value;
  }

  private object(depth: number): JsonObject {
    const object = new Bare();
    this.at++;
    if (this.takes('}')) return object;
    do {
      this.space();
      if (this.text[this.at] !== '"') this.fail('a key is missing');
      const key = this.string();
      if (key in object) this.fail(`the key ${JSON.stringify(key.slice(0, 60))} comes twice in one object`);
      if (!this.takes(':')) this.fail('a colon is missing');
      object[key] = this.value(depth + 1);
    } while (this.takes(','));
    if (!this.takes('}')) this.fail('a comma or } is missing');
    return object;
  }

  private array(depth: number): readonly Json[] {
    const array: Json[] = [];
    this.at++;
    if (this.takes(']')) return array;
    do array.push(this.value(depth + 1));
    while (this.takes(','));
    if (!this.takes(']')) this.fail('a comma or ] is missing');
    return array;
  }
}

/**
 * A JSON text, strictly: no key twice in one object, nothing nested deeper than 64, no number beyond a double.
 * @throws SyntaxError with line and character
 */
export const parseJson = (text: string): Json => new Parser(text).whole();

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Reads a JSON file that holds an object.
 * @param what what messages call it: `the index`
 * @throws FileError where it is missing, larger than `maxBytes`, not UTF-8, not JSON, or no object
 */
export async function readJsonObject(path: string, what: string, maxBytes: number, where = path): Promise<JsonObject> {
  const bytes = await readLimited(
    path,
    where,
    maxBytes,
    'this limit is fixed: the file is damaged, or another one than it was to be',
  );
  const refuse = (why: string, cause: unknown): never => {
    const other = foreign(bytes);
    throw new FileError({
      what: `${what} is not ${why}${other === undefined ? '' : `: ${other.what}`}`,
      where,
      hint: other?.hint ?? 'the file is damaged: get it again',
      cause,
    });
  };
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    return refuse('UTF-8', cause);
  }
  let value: Json;
  try {
    value = parseJson(text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    return refuse(`JSON: ${cause.message}`, cause);
  }
  if (!isObject(value))
    throw new FileError({
      what: `${what} is not a JSON object`,
      where,
      hint: 'the file is damaged or of another kind: get it again',
    });
  return value;
}
