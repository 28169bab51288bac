/** A model from a function of the user's own: a remote service, another process, anything that can be asked. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { InputError, isCongruityError, ModelError, OptionError } from '../errors.js';
import { checkOptions, suggest } from '../options.js';
import { engineModel, type EnginePass, type EngineResult } from './engine.js';
import { inWords as valueInWords, type ModelInput } from './input.js';
import type { Axis, Model, ComponentFamily, Site } from './model.js';
import type { SitePatch } from './replacement.js';
import { tokenizerSchema, type Tokenizer } from '../tokenizers/tokenizer.js';
import { entriesOf } from '../shape.js';

/** Values of any number type, row-major, batch first. */
export interface Returned {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

/** What the function is asked: one forward pass over rows of equal size. */
export interface FunctionRequest {
  readonly inputs: readonly ModelInput[];
  /** sites whose activations are wanted, after the patch where there is one */
  readonly capture: readonly string[];
  /**
   * At most one per site. The pass puts the values into the site's activation, where the mask is 1 or, without a mask, everywhere, and goes on with
   * that; `applyPatch` does it in place. Shape, mask and values are those of the whole activation, batch first, row-major.
   */
  readonly patches: readonly SitePatch[];
  /** false: nobody will look at the logits */
  readonly logits: boolean;
}

export interface FunctionAnswer {
  /** [rows, classes] or [rows, positions, classes]: what softmax makes probabilities of */
  readonly logits?: Returned | undefined;
  /** [rows, ...site] for every site that was asked for, by its name */
  readonly activations: Readonly<Record<string, Returned>> | ReadonlyMap<string, Returned>;
}

export interface FunctionSite {
  readonly name: string;
  /** axes after the batch axis, in order: `['position', 'feature']` */
  readonly axes: readonly Axis[];
  /** their sizes; -1 where one follows the input */
  readonly shape: readonly number[];
  /** axes along which the site falls into components: `['head']`. Default: the site is one component */
  readonly parts?: readonly Axis[] | undefined;
}

export interface FunctionModelOptions {
  /** for reports */
  readonly name: string;
  /** in the order of computation */
  readonly sites: readonly FunctionSite[];
  readonly run: (request: FunctionRequest) => Promise<FunctionAnswer> | FunctionAnswer;
  /**
   * What tells the weights apart: a checksum, a version, a commit. Two models with the same text count as the same model. A function, where the weights
   * change while this lives; it is asked whenever the fingerprint is read.
   */
  readonly fingerprint: string | (() => string);
  /** names of sites; default: all */
  readonly representation?: readonly string[] | undefined;
  /** why an input cannot be taken, in words; undefined where it can */
  readonly check?: ((input: ModelInput) => string | undefined) | undefined;
  readonly dispose?: (() => void) | undefined;
  /** rows per request. @defaultValue 256 */
  readonly batchSize?: number | undefined;
  /** milliseconds after which a request counts as failed; default: none */
  readonly timeout?: number | undefined;
  readonly tokenizer?: Tokenizer | undefined;
  /** what computes it, for reports */
  readonly backend?: { readonly name: string; readonly description: string } | undefined;
}

const text = z.string().min(1);
const aFunction = <T>() => z.custom<T>((value) => typeof value === 'function', 'this must be a function');

const schema = z.strictObject({
  name: text,
  sites: z
    .array(
      z.strictObject({
        name: text,
        axes: z.array(text),
        shape: z.array(
          z
            .int()
            .refine(
              (size) => size >= 1 || size === -1,
              'a size is a positive integer, or -1 where it follows the input',
            ),
        ),
        parts: z.array(text).optional(),
      }),
    )
    .min(1, 'a model needs at least one site'),
  run: aFunction<FunctionModelOptions['run']>(),
  fingerprint: z.custom<string | (() => string)>(
    (value) => typeof value === 'function' || (typeof value === 'string' && value !== ''),
    'give a text that tells these weights from others',
  ),
  representation: z.array(text).min(1).optional(),
  check: aFunction<NonNullable<FunctionModelOptions['check']>>().optional(),
  dispose: aFunction<() => void>().optional(),
  batchSize: z.int().positive().optional(),
  timeout: z.number().positive().optional(),
  tokenizer: tokenizerSchema.optional(),
  backend: z.strictObject({ name: text, description: text }).optional(),
});

const where = 'options of model';

/** @throws OptionError */
function checkSites(sites: readonly FunctionSite[]): void {
  const fail = (what: string, at: string, hint: string): never => {
    throw new OptionError({ what, where: `${where}.sites, ${at}`, hint: hint });
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

/** A feature is called a unit, everything else as its axis. */
const kindOf = (axis: Axis): string => (axis === 'feature' ? 'unit' : axis);

const partsOf = (sites: readonly FunctionSite[]): ComponentFamily[] =>
  sites.flatMap(({ name, axes, shape, parts }): ComponentFamily[] =>
    parts === undefined || parts.length === 0
      ? [{ kind: 'layer', name, site: name, count: 1 }]
      : parts.map((axis) => ({
          kind: kindOf(axis),
          name: `${name}.${kindOf(axis)}`,
          site: name,
          axis,
          count: shape[axes.indexOf(axis)]!,
        })),
  );

const valueOf = (activations: FunctionAnswer['activations'], site: string): Returned | undefined => {
  if (typeof (activations as ReadonlyMap<string, Returned>).get === 'function')
    return (activations as ReadonlyMap<string, Returned>).get(site);
  return Object.hasOwn(activations, site) ? (activations as Readonly<Record<string, Returned>>)[site] : undefined;
};

const inWords = (shape: readonly number[]): string =>
  `[${shape.map((size) => (size === -1 ? 'any' : size)).join(', ')}]`;

/** What one answer must be; the name of the model goes before every message. */
class Checker {
  constructor(private readonly model: string) {}

  fail(what: string, hint: string, cause?: unknown): never {
    throw new ModelError({ what, where: `model ${this.model}`, hint: hint, cause });
  }

  /** @param expected batch first; -1 for any size; undefined for logits */
  array(
    given: unknown,
    what: string,
    rows: number,
    expected: readonly number[] | undefined,
  ): { shape: readonly number[]; data: Float32Array } {
    if (given === undefined || given === null)
      this.fail(
        `the function gave nothing for ${what}`,
        'return every site that the request names, and logits unless it says false',
      );
    const { shape, data } = given as { shape?: unknown; data?: unknown };
    if (
      !Array.isArray(shape) ||
      !shape.every((size) => Number.isSafeInteger(size) && size >= 0) ||
      typeof (data as ArrayLike<number> | undefined)?.length !== 'number'
    )
      this.fail(
        `what the function gave for ${what} is not { shape, data }`,
        'return { shape: [rows, ...], data: values in row-major order }',
      );
    const sizes = shape as readonly number[];
    const values = data as ArrayLike<number>;
    if (
      expected === undefined
        ? sizes[0] !== rows || sizes.length < 2 || sizes.length > 3 || sizes.at(-1) === 0
        : sizes.length !== expected.length || expected.some((size, axis) => size !== -1 && size !== sizes[axis])
    )
      this.fail(
        `the function gave ${what} the shape [${sizes.join(', ')}] instead of ${expected === undefined ? `[${rows}, classes] or [${rows}, positions, classes]` : inWords(expected)}`,
        'activations are row-major, batch first, of the shape that the site declares',
      );
    const count = entriesOf(sizes);
    if (values.length !== count)
      this.fail(
        `the function gave ${what} the shape [${sizes.join(', ')}] with ${values.length} values instead of ${count}`,
        'return one value for every place of the shape',
      );
    const copy = new Float32Array(count);
    for (let i = 0; i < count; i++) {
      const value = values[i];
      if (typeof value !== 'number')
        this.fail(
          `the function gave ${what} ${typeof value === 'string' ? JSON.stringify(value) : valueInWords(value)} at ${i} instead of a number`,
          'return numbers',
        );
      copy[i] = value as number;
    }
    return { shape: sizes, data: copy };
  }

  /** A function that passes over a patch would let every intervention look harmless. Rounding to half precision is let through. */
  patched({ site, mask, values }: SitePatch, { data }: { data: Float32Array }): void {
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (
        (mask === undefined || mask[i]) &&
        !Object.is(data[i], value) &&
        !(Math.abs(data[i]! - value) <= 1e-2 * (1e-3 + Math.abs(value)))
      )
        this.fail(
          `the function was to put ${value} into ${site} at ${i}, but says that ${data[i]} is there`,
          'apply every patch of the request before going on, and capture what is there afterwards',
        );
    }
  }
}

async function inTime<T>(work: Promise<T>, milliseconds: number | undefined, late: () => Error): Promise<T> {
  if (milliseconds === undefined) return work;
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([
      work,
      new Promise<never>((_, reject) => (timer = setTimeout(() => reject(late()), milliseconds))),
    ]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * A Model from a function of your own. The function computes one forward pass: it is given rows of inputs, the sites to capture and patches to put in,
 * and returns plain arrays. examples/python-model drives a PyTorch model through it.
 *
 * Everything else (slices, counterfactual and mean activations, chunks of a batch) is done here. What the function returns is checked, and the first
 * patch of every site is read back, so that a function that ignores it is found out.
 *
 * @throws OptionError for options that do not fit together
 */
export function model(options: FunctionModelOptions): Model {
  const given = checkOptions(schema, options, where) as FunctionModelOptions;
  checkSites(given.sites);
  const { name, run, fingerprint, check, dispose } = given;
  const sites = given.sites.map(({ name: site, axes, shape }): Site => ({ name: site, axes, shape, layer: undefined }));
  const byName = new Map(sites.map((site) => [site.name, site]));
  for (const site of given.representation ?? [])
    if (!byName.has(site))
      throw new OptionError({
        what: `there is no site ${JSON.stringify(site)}`,
        where: `${where}.representation`,
        hint: suggest(site, [...byName.keys()]),
      });
  const checker = new Checker(name);
  const hash = (identity: unknown): string => {
    if (typeof identity !== 'string' || identity === '')
      return checker.fail('the fingerprint is no text', 'return what tells these weights from others');
    return createHash('sha256').update(identity).digest('hex');
  };
  /** sites whose patches were seen to be put in */
  const seen = new Set<string>();

  const pass = async (
    inputs: readonly ModelInput[],
    { capture, patches, logits }: EnginePass,
  ): Promise<EngineResult> => {
    const proof = patches.filter(({ site }) => !seen.has(site));
    const asked = [...new Set([...capture, ...proof.map(({ site }) => site)])];
    let answer: FunctionAnswer;
    try {
      // lists of its own: what it does to them is no business of ours
      const answering = Promise.resolve(
        run({ inputs: [...inputs], capture: [...asked], patches: [...patches], logits }),
      );
      answer = await inTime(
        answering,
        given.timeout,
        () => new Error(`there was no answer within ${given.timeout} ms`),
      );
    } catch (cause) {
      if (isCongruityError(cause)) throw cause;
      return checker.fail(
        `the function failed: ${cause instanceof Error ? cause.message : String(cause)}`,
        'see the cause; the request had nothing that its options do not allow',
        cause,
      );
    }
    try {
      return read(answer, inputs, { capture, patches, logits }, asked);
    } catch (cause) {
      if (isCongruityError(cause)) throw cause;
      return checker.fail(
        `what the function gave cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
        'return plain objects, with lists or typed arrays of numbers',
        cause,
      );
    }
  };

  const read = (
    answer: FunctionAnswer,
    inputs: readonly ModelInput[],
    { patches, logits }: EnginePass,
    asked: readonly string[],
  ): EngineResult => {
    if (
      typeof answer !== 'object' ||
      answer === null ||
      typeof answer.activations !== 'object' ||
      answer.activations === null
    )
      checker.fail(
        'the function did not return { logits, activations }',
        'return both, with activations as an object or a Map by the names of the sites',
      );
    const activations = new Map(
      asked.map((site) => [
        site,
        checker.array(valueOf(answer.activations, site), site, inputs.length, [
          inputs.length,
          ...byName.get(site)!.shape,
        ]),
      ]),
    );
    for (const patch of patches) {
      const there = activations.get(patch.site);
      if (there === undefined) continue;
      checker.patched(patch, there);
      seen.add(patch.site);
    }
    return {
      activations,
      ...(logits ? { logits: checker.array(answer.logits, 'the logits', inputs.length, undefined) } : {}),
    };
  };

  return engineModel({
    name,
    kind: 'function',
    fingerprint: typeof fingerprint === 'string' ? hash(fingerprint) : () => hash(fingerprint()),
    changing: typeof fingerprint === 'function',
    backend: given.backend ?? { name: 'function', description: 'a function of the user' },
    sites,
    parts: partsOf(given.sites),
    representationSites: given.representation ?? sites.map((site) => site.name),
    tokenizer: given.tokenizer,
    batchSize: given.batchSize,
    engine: {
      pass,
      ...(check === undefined
        ? {}
        : {
            check: (input: ModelInput, at: string) => {
              const reason = check(input);
              if (reason !== undefined)
                throw new InputError({ what: reason, where: at, hint: `give inputs that the model ${name} takes` });
            },
          }),
      ...(dispose === undefined ? {} : { dispose }),
    },
  });
}
