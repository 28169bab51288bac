/** Typed looks into a tokenizer.json, each with a message that says where it is. */
import { FileError } from '../../errors.js';
import { isObject, type Json, type JsonObject } from '../../io/json.js';

const show = (value: Json | undefined): string => {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 100 ? `${text.slice(0, 97)}...` : text;
};

export class TokenizerSection {
  constructor(
    readonly object: JsonObject,
    readonly path: string,
    readonly where: string,
  ) {}

  fail(
    what: string,
    hint = 'the file is damaged, or needs more than is known here: get it again, or give another tokenizer',
  ): never {
    throw new FileError({ what: `${this.path === '' ? '' : `${this.path}: `}${what}`, where: this.where, hint });
  }

  /** null counts as absent. */
  has(key: string): boolean {
    return (this.object[key] ?? null) !== null;
  }

  private wrong(key: string, wanted: string): never {
    this.fail(`${key} is ${show(this.object[key])}, not ${wanted}`);
  }

  text(key: string, otherwise?: string): string {
    const value = this.object[key] ?? otherwise;
    return typeof value === 'string' ? value : this.wrong(key, 'a string');
  }

  flag(key: string, otherwise: boolean): boolean {
    const value = this.object[key] ?? otherwise;
    return typeof value === 'boolean' ? value : this.wrong(key, 'true or false');
  }

  /** an integer from 0 to `most` */
  count(key: string, most: number, otherwise?: number): number {
    const value = this.object[key] ?? otherwise;
    return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most
      ? value
      : this.wrong(key, `an integer from 0 to ${most}`);
  }

  list(key: string): readonly Json[] {
    const value = this.object[key];
    // contents need not come from a file: a list may have holes, which map would skip
    return Array.isArray(value) ? Array.from(value as readonly Json[]) : this.wrong(key, 'a list');
  }

  part(key: string): TokenizerSection {
    const value = this.object[key];
    return isObject(value)
      ? new TokenizerSection(value, this.path === '' ? key : `${this.path}.${key}`, this.where)
      : this.wrong(key, 'an object');
  }

  /** undefined where there is none */
  optional(key: string): TokenizerSection | undefined {
    return this.has(key) ? this.part(key) : undefined;
  }

  parts(key: string): TokenizerSection[] {
    return this.list(key).map((value, at) =>
      isObject(value)
        ? new TokenizerSection(value, `${this.path === '' ? key : `${this.path}.${key}`}[${at}]`, this.where)
        : this.wrong(key, 'a list of objects'),
    );
  }

  /** @throws FileError where a setting has any value but these, which include its absence */
  only(key: string, allowed: readonly Json[]): void {
    const value = this.object[key] ?? null;
    if (!allowed.includes(value)) this.fail(`${key} = ${show(value)} is not supported`);
  }
}
