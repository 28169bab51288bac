/** A table of options from their schema: what each takes, its default, and the text of its `.describe()`. */
import { z } from 'zod';
import type { Table } from './markdown.js';

interface JsonSchema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly default?: unknown;
  readonly description?: string;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly exclusiveMaximum?: number;
}

const code = (value: unknown): string =>
  `\`${typeof value === 'string' ? `'${value}'` : JSON.stringify(value).replaceAll('"', "'")}\``;

/** Limits that a reader should know; those of whole numbers in themselves are none. */
function range({ minimum, exclusiveMinimum, maximum, exclusiveMaximum }: JsonSchema): string {
  const limits = [
    minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER && `at least ${minimum}`,
    exclusiveMinimum !== undefined && `above ${exclusiveMinimum}`,
    maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER && `at most ${maximum}`,
    exclusiveMaximum !== undefined && `below ${exclusiveMaximum}`,
  ].filter((limit) => limit !== false);
  return limits.map((limit) => `, ${limit}`).join('');
}

/** What an option takes, in words; empty where its description has to say it. */
function takes(schema: JsonSchema): string {
  if (schema.const !== undefined) return code(schema.const);
  if (schema.enum) return schema.enum.map(code).join(', ');
  if (schema.anyOf) return [...new Set(schema.anyOf.map(takes))].filter((one) => one !== '').join(', or ');
  if (schema.type === 'array') {
    if (schema.items?.enum) return 'a list of such names';
    return { string: 'a list of texts', object: 'a list of objects' }[schema.items?.type ?? ''] ?? 'a list';
  }
  if (schema.type === 'integer') return `a whole number${range(schema)}`;
  if (schema.type === 'number') return `a number${range(schema)}`;
  return { string: 'text', boolean: 'true or false', object: 'an object' }[schema.type ?? ''] ?? '';
}

/** A description may say the default if the schema has no fixed one: `Default: ...`, to the end of that sentence. */
const DEFAULT = /^([\s\S]*?)\s*Default: ([\s\S]+?)(?:\.?$|\.(\s[\s\S]*)$)/;

/** As sentences: a capital first, unless it is a name, and a stop last. */
const sentences = (text: string): string =>
  text === ''
    ? ''
    : `${/^(?!fast-check)[a-z]/.test(text) ? text[0]!.toUpperCase() + text.slice(1) : text}${/[.:!?]$/.test(text) ? '' : '.'}`;

function rows(schema: JsonSchema, folded: readonly string[], prefix: string): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, option]) => {
    const name = `${prefix}${key}`;
    const inner = option.properties && !folded.includes(name) ? rows(option, folded, `${name}.`) : [];
    if (inner.length > 0 && option.description === undefined) return inner;
    const [, before = option.description ?? '', otherwise, after = ''] = DEFAULT.exec(option.description ?? '') ?? [];
    const meaning = `${before}${after}`;
    const fixed = option.default === undefined || option.properties ? '' : code(option.default);
    const required = schema.required?.includes(key) === true && option.default === undefined;
    return [
      [`\`${name}\``, takes(option), required ? '**required**' : (otherwise ?? fixed), sentences(meaning)],
      ...inner,
    ];
  });
}

/**
 * @param folded options whose own options stand in another table
 * @param without options that another table has
 * @throws Error for options without a description
 */
export function optionTable(
  schema: z.ZodType,
  { folded = [], without = [] }: { folded?: readonly string[]; without?: readonly string[] } = {},
): Table {
  const all = rows(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema, folded, '').filter(
    ([name]) => !without.includes(name!.slice(1, -1)),
  );
  const silent = all.filter(([, , , meaning]) => meaning === '').map(([name]) => name);
  if (silent.length > 0) throw new Error(`options without .describe(): ${silent.join(', ')}`);
  return { head: ['option', 'takes', 'default', 'what it does'], rows: all };
}
