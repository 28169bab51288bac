/** Reads the keys of a config.json one by one, and knows at the end which were never asked for. */
import { ModelError } from '../../../../../errors.js';
import { isObject, type Json, type JsonObject } from '../../../../../io/json.js';

const maxSize = 2 ** 31 - 1;

const show = (value: Json | undefined): string => {
  const text = JSON.stringify(value) ?? 'undefined';
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
};

export class Keys {
  readonly asked = new Set<string>();

  constructor(
    private readonly object: JsonObject,
    readonly where: string,
    /** what messages put before a key: `rope_scaling.` */
    private readonly prefix = '',
  ) {}

  /** null counts as absent: Hugging Face writes it for what is not set. */
  value(key: string): Json | undefined {
    this.asked.add(key);
    return this.object[key] ?? undefined;
  }

  /** null in so many words, where that differs from absence */
  isNull(key: string): boolean {
    this.asked.add(key);
    return this.object[key] === null;
  }

  /** Refuses a value by name. */
  refuse(key: string, why: string, hint = 'use a model without it'): never {
    throw new ModelError({
      what: `${this.prefix}${key} = ${show(this.object[key])} is not supported: ${why}`,
      where: this.where,
      hint,
    });
  }

  private wrong(key: string, wanted: string): never {
    const value = this.object[key];
    throw new ModelError({
      what:
        value === undefined
          ? `the config lacks ${this.prefix}${key}`
          : `${this.prefix}${key} = ${show(value)} is not ${wanted}`,
      where: this.where,
      hint: 'config.json must be the one that was saved with the weights',
    });
  }

  /** A positive integer. */
  size(key: string, otherwise?: number): number {
    const value = this.value(key) ?? otherwise;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > maxSize)
      return this.wrong(key, `an integer from 1 to ${maxSize}`);
    return value;
  }

  /** A positive number, or undefined where absent. */
  positive(key: string): number | undefined {
    const value = this.value(key);
    if (value === undefined) return undefined;
    if (typeof value !== 'number' || !(value > 0)) return this.wrong(key, 'a positive number');
    return value;
  }

  number(key: string, otherwise?: number): number {
    return this.positive(key) ?? otherwise ?? this.wrong(key, 'a positive number');
  }

  flag(key: string, otherwise: boolean): boolean {
    const value = this.value(key) ?? otherwise;
    return typeof value === 'boolean' ? value : this.wrong(key, 'true or false');
  }

  text(key: string, otherwise?: string): string {
    const value = this.value(key) ?? otherwise;
    return typeof value === 'string' ? value : this.wrong(key, 'a string');
  }

  group(key: string): Keys | undefined {
    const value = this.value(key);
    if (value === undefined) return undefined;
    return isObject(value) ? new Keys(value, this.where, `${this.prefix}${key}.`) : this.wrong(key, 'an object');
  }

  /** Keys that were never asked for, with anything but null in them. */
  left(): string[] {
    return Object.keys(this.object).filter((key) => !this.asked.has(key) && this.object[key] !== null);
  }

  /** @throws ModelError for keys that were never asked for */
  nothingLeft(): void {
    const left = this.left();
    if (left.length > 0)
      throw new ModelError({
        what: `${this.shown(left)} ${left.length === 1 ? 'is' : 'are'} not supported: not known here`,
        where: this.where,
        hint: 'use a model without',
      });
  }

  /** Keys and their values, for a message. */
  shown(keys: readonly string[]): string {
    return keys.map((key) => `${this.prefix}${key} = ${show(this.object[key])}`).join(', ');
  }
}
