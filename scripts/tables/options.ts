/** A table of options: what each takes, by its schema; what it is for and its default, by the interface that documents it. */
import * as z from 'zod';
import type { Option } from '../documented.js';
import type { Table } from './markdown.js';

interface JsonSchema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
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

const LITERAL = /^('[^']*'|-?[\d.]+|true|false|\[.*\]|\{.*\})$/;
/** A default as a table shows it. */
export const shownDefault = (otherwise: string): string => (LITERAL.test(otherwise) ? `\`${otherwise}\`` : otherwise);

/** As sentences: a capital first, unless it is a name, and a stop last. */
export const sentences = (text: string): string =>
  text === ''
    ? ''
    : `${/^(?!fast-check)[a-z]/.test(text) ? text[0]!.toUpperCase() + text.slice(1) : text}${/[.:!?]$/.test(text) ? '' : '.'}`;

function rows(schema: JsonSchema, said: readonly Option[], folded: readonly string[], prefix: string): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, option]) => {
    const name = `${prefix}${key}`;
    const { text, optional, otherwise, inside } = said.find((one) => one.name === key) ?? {
      text: '',
      optional: true,
      otherwise: undefined,
      inside: [],
    };
    const inner = option.properties && !folded.includes(name) ? rows(option, inside, folded, `${name}.`) : [];
    const fixed = inner.length > 0 ? '' : shownDefault(otherwise ?? '');
    return [[`\`${name}\``, takes(option), optional ? fixed : '**required**', sentences(text)], ...inner];
  });
}

/**
 * @param said what the interface says of each
 * @param folded options whose own options stand in another table
 * @param without options that another table has
 * @throws Error for options of which the interface says nothing
 */
export function optionTable(
  schema: z.ZodType,
  said: readonly Option[],
  { folded = [], without = [] }: { folded?: readonly string[]; without?: readonly string[] } = {},
): Table {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  const all = rows(json, said, folded, '').filter(([name]) => !without.includes(name!.slice(1, -1)));
  const silent = all.filter(([, , , meaning]) => meaning === '').map(([name]) => name);
  if (silent.length > 0) throw new Error(`options that no interface documents: ${silent.join(', ')}`);
  return { head: ['option', 'takes', 'default', 'what it does'], rows: all };
}
