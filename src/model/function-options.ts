/** What the user says of a function that is to be a model, and checks of it. */
import * as z from 'zod';
import { OptionError } from '../errors.js';
import { checkOptions, suggest, type ShapeOf } from '../options.js';
import { tokenizerSchema, type Tokenizer } from '../tokenizers/tokenizer.js';
import type { FunctionAnswer, FunctionRequest } from './function-answer.js';
import type { ModelInput } from './input.js';
import type { Axis } from './model.js';

/** A site of a model that is a function. */
export interface FunctionSite {
  readonly name: string;
  /** axes after the batch axis, in order: `['position', 'feature']` */
  readonly axes: readonly Axis[];
  /** their sizes; -1 where one follows the input */
  readonly shape: readonly number[];
  /** axes along which the site falls into components: `['head']`. @defaultValue the site is one component */
  readonly parts?: readonly Axis[] | undefined;
}

/** Options of `model`. */
export interface FunctionModelOptions {
  /** for reports */
  readonly name: string;
  /** in the order of computation */
  readonly sites: readonly FunctionSite[];
  /** computes a batch: what was asked for, and logits */
  readonly run: (request: FunctionRequest) => Promise<FunctionAnswer> | FunctionAnswer;
  /**
   * What tells the weights apart: a checksum, a version, a commit. Two models with the same text count as the same model. A function, where the weights
   * change while this lives; it is asked whenever the fingerprint is read.
   */
  readonly fingerprint: string | (() => string);
  /**
   * name and version of what computes: `pytorch-adder 3`. With it what was computed may be kept between runs, and is taken for right as long as this and the fingerprint are
   * the same: change it whenever the function, or whatever it asks, may answer differently. @defaultValue none: nothing is kept
   */
  readonly identity?: string | undefined;
  /** names of the sites that represent an input. @defaultValue all */
  readonly representation?: readonly string[] | undefined;
  /** why an input cannot be taken, in words; undefined where it can */
  readonly check?: ((input: ModelInput) => string | undefined) | undefined;
  /** lets go of what the model holds */
  readonly dispose?: (() => void) | undefined;
  /** rows per request. @defaultValue 256 */
  readonly batchSize?: number | undefined;
  /** milliseconds after which a request counts as failed. @defaultValue none */
  readonly timeout?: number | undefined;
  /** for inputs that are text */
  readonly tokenizer?: Tokenizer | undefined;
  /** what computes it, for reports. @defaultValue \{ name: 'function', description: 'a function of the user' \} */
  readonly backend?:
    | {
        /** a short name */
        readonly name: string;
        /** the name with versions */
        readonly description: string;
      }
    | undefined;
}

const text = z.string().min(1);
const aFunction = <T>() => z.custom<T>((value) => typeof value === 'function', 'this must be a function');

const schema = z.strictObject({
  name: text,
  sites: z
    .array(
      z.strictObject({
        name: text,
        axes: z.array(text).readonly(),
        shape: z
          .array(
            z
              .int()
              .refine(
                (size) => size >= 1 || size === -1,
                'a size is a positive integer, or -1 where it follows the input',
              ),
          )
          .readonly(),
        parts: z.array(text).readonly().optional(),
      } satisfies ShapeOf<FunctionSite>),
    )
    .min(1, 'a model needs at least one site')
    .readonly(),
  run: aFunction<FunctionModelOptions['run']>(),
  fingerprint: z.custom<string | (() => string)>(
    (value) => typeof value === 'function' || (typeof value === 'string' && value !== ''),
    'give a text that tells these weights from others',
  ),
  identity: text.optional(),
  representation: z.array(text).min(1).readonly().optional(),
  check: aFunction<NonNullable<FunctionModelOptions['check']>>().optional(),
  dispose: aFunction<() => void>().optional(),
  batchSize: z.int().positive().optional(),
  timeout: z.number().positive().optional(),
  tokenizer: tokenizerSchema.optional(),
  backend: z.strictObject({ name: text, description: text }).optional(),
} satisfies ShapeOf<FunctionModelOptions>);

const where = 'options of model';

/** @throws OptionError */
function checkSites(sites: readonly FunctionSite[]): void {
  const fail = (what: string, at: string, hint: string): never => {
    throw new OptionError({ what, where: `${where}.sites, ${at}`, hint });
  };
  const names = new Set<string>();
  for (const { name, axes, shape, parts = [] } of sites) {
    if (names.has(name)) fail('there are two sites of this name', name, 'give every site a name of its own');
    names.add(name);
    if (axes.length !== shape.length)
      fail(
        `the site has ${axes.length} axes and ${shape.length} sizes`,
        name,
        'give one size per axis, without the batch axis',
      );
    if (new Set(axes).size !== axes.length)
      fail(`the axes [${axes.join(', ')}] are not distinct`, name, 'give every axis a name of its own');
    for (const axis of parts) {
      const size = shape[axes.indexOf(axis)];
      if (size === undefined) fail(`the site has no axis ${JSON.stringify(axis)}`, name, suggest(axis, axes));
      if (size === -1)
        fail(
          `the axis ${axis} follows the input: there is no telling how many components it has`,
          name,
          'name axes of a fixed size as parts',
        );
    }
  }
}

/** @throws OptionError for options that do not fit together */
export function checkFunctionOptions(options: FunctionModelOptions): FunctionModelOptions {
  const given = checkOptions(schema, options, where);
  checkSites(given.sites);
  const names = given.sites.map(({ name }) => name);
  for (const site of given.representation ?? [])
    if (!names.includes(site))
      throw new OptionError({
        what: `there is no site ${JSON.stringify(site)}`,
        where: `${where}.representation`,
        hint: suggest(site, names),
      });
  return given;
}
