/** Programs as transformers that compute them exactly, with a map from each variable to where it stands. */
import { z } from 'zod';
import { OptionError } from '../errors.js';
import { transformer, type TransformerOptions } from '../model/formats/transformer/run/model.js';
import { checkKeys, checkOptions, type ShapeOf } from '../options.js';
import type { Part } from './alignment.js';
import type { Compilation, CompiledVariable, Place } from './compilation.js';
import { configOf, weightsOf } from './compiler/assemble.js';
import { Composition } from './compiler/compose.js';
import type { Holding, Stand } from './compiler/held.js';
import {
  componentAt,
  enlarged,
  layoutOf,
  type Layout,
  type LeastSizes,
  type Noise,
  type Variation,
} from './compiler/layout.js';
import { limitsShape, sizesOf, type SizeLimits } from './compiler/sizes.js';
import { siteAt, Wiring } from './compiler/wiring.js';
import type { Op } from './language/op.js';
import type { Value } from './language/value.js';
import { Program } from './program.js';
import { runCompiled } from './run-compiled.js';

/** Options of `compile`. */
export interface CompileOptions {
  /** what computes the model. @defaultValue the first that works, see `backend` */
  readonly backend?: TransformerOptions['backend'];
  /** the largest sizes that the transformer may have, in TransformerLens's names. @defaultValue 256 layers, 256 heads of 16384, d_model 16384, d_mlp 65536, 256 MiB */
  readonly limits?: SizeLimits | undefined;
  /** sizes that the transformer is to have exactly: what the program does not need does nothing. @defaultValue what is needed */
  readonly architecture?: LeastSizes | undefined;
  /** another implementation of the program; `variations` of congruity/generators draws them. @defaultValue the plain one */
  readonly variation?: Variation | undefined;
}

const placeOf = ({ encoding, derived }: Stand, { featureAt, unitOf }: Layout): Place => ({
  site: siteAt(encoding.time),
  features: encoding.features.map((feature) => featureAt[feature]!),
  units: encoding.features.map((feature) => unitOf[feature]!),
  encoding: encoding.kind,
  derived,
  ...(encoding.kind === 'number' && { codes: encoding.codes }),
  error: encoding.kind === 'number' ? encoding.error : encoding.each,
});

const more = z
  .int()
  .min(1)
  .max(2 ** 20)
  .optional();
const byName = <T extends z.ZodType>(one: T) => z.record(z.string(), one.optional()).optional();
const sizesSchema = z
  .strictObject({
    n_layers: more,
    n_heads: more,
    d_head: more,
    d_model: more,
    d_mlp: more,
  } satisfies ShapeOf<LeastSizes>)
  .optional();
const variationSchema = z.strictObject({
  copies: byName(z.enum(['mean', 'either'])),
  encodings: byName(z.enum(['one-hot', 'number'])),
  noise: z
    .strictObject({
      seed: z.int(),
      sizes: z.record(z.string(), z.number().min(0).max(1).optional()),
    } satisfies ShapeOf<Noise>)
    .optional(),
  delays: byName(z.int().min(0).max(1000)),
  atLeast: sizesSchema,
  distractors: z.array(z.instanceof(Program)).readonly().optional(),
  order: z.int().optional(),
  units: z.int().optional(),
} satisfies ShapeOf<Variation>);

/** How each variable is held, of those that are named. @throws ProgramError for a name that there is not */
function holdingsOf(program: Program, { copies, encodings, noise }: Variation): Map<Op, Holding> {
  const holdings = new Map<Op, Holding>();
  const add = <K extends keyof Holding>(what: K, by: Readonly<Record<string, Holding[K]>> = {}): void => {
    for (const [name, how] of Object.entries(by)) {
      const op = program.op(name);
      holdings.set(op, { ...holdings.get(op), [what]: how });
    }
  };
  add('copies', copies);
  add('encoding', encodings);
  add('noise', noise?.sizes);
  return holdings;
}

/** What programs compute that a model does beside its own. @throws OptionError where one is over other inputs */
function distracting<T extends Value, O extends Value>(
  { name, vocabulary, maxLength, causal }: Program<T, O>,
  others: readonly Program[],
): Op[] {
  for (const other of others)
    if (
      other.maxLength !== maxLength ||
      other.causal !== causal ||
      other.vocabulary.length !== vocabulary.length ||
      other.vocabulary.some((token, i) => token !== vocabulary[i])
    )
      throw new OptionError({
        what: `the distractor ${other.name} is not over the inputs of ${name}`,
        where: 'compile options.variation.distractors',
        hint: 'give programs with the same vocabulary, maxLength and causal',
      });
  return others.flatMap((other) => other.ops);
}

/**
 * Compiles a program to a transformer of the ordinary kind: attention and MLPs with relu, no LayerNorm, scores not divided. For every input of the program it gives
 * the program's output, and holds every variable at its places, exactly: bounds on what float32 does are computed with the weights, and a program for which they are
 * too wide is refused.
 * @throws CompilationError where float32 cannot compute it exactly, or the transformer is larger than `limits`
 * @throws OptionError, BackendError
 */
export async function compile<T extends Value, O extends Value>(
  program: Program<T, O>,
  options: CompileOptions = {},
): Promise<Compilation<T, O>> {
  if (!(program instanceof Program))
    throw new OptionError({
      what: 'what is compiled is no program',
      where: 'compile',
      hint: 'give what `program` makes',
    });
  checkKeys(options, ['architecture', 'backend', 'limits', 'variation'], 'compile options');
  const variation = checkOptions(variationSchema, options.variation ?? {}, 'compile options.variation');
  const architecture = Object.fromEntries(
    Object.entries(checkOptions(sizesSchema, options.architecture, 'compile options.architecture') ?? {}).filter(
      ([, size]) => size !== undefined,
    ),
  );
  const limits = checkOptions(z.strictObject(limitsShape), options.limits ?? {}, 'compile options.limits');
  const { ops, vocabulary, maxLength, causal } = program;
  const delays = new Map(
    Object.entries(variation.delays ?? {}).map(([name, blocks = 0]) => [program.op(name), blocks]),
  );
  const holdings = holdingsOf(program as unknown as Program, variation);
  const composition = new Composition(
    [...ops, ...distracting(program, variation.distractors ?? [])],
    vocabulary.length,
    maxLength,
    new Wiring({ ...limits, ...architecture }, delays),
    holdings,
  );
  const { wiring, held } = composition;
  const output = held.oneHot(ops.at(-1)!);
  const needed = configOf(wiring, {
    vocabulary: vocabulary.length,
    positions: maxLength,
    classes: program.outputs.length,
    causal,
  });
  const config = enlarged(needed, { ...variation.atLeast, ...architecture });
  const sizes = sizesOf(config, limits, program.name);
  const layout = layoutOf(config, variation, (feature) => {
    const owner = wiring.owners[feature];
    return (owner && holdings.get(owner)?.noise) ?? 0;
  });
  const { tokenTerms, positionTerms } = composition;
  const weights = weightsOf(wiring, config, tokenTerms, positionTerms, output.features, layout);
  const model = await transformer(config, weights, {
    name: `${program.name}, compiled`,
    backend: options.backend,
    copy: false,
  });
  const variables = new Map(
    program.variables.map(({ name, values }, i): [string, CompiledVariable] => [
      name,
      {
        name,
        values,
        places: held.standsOf(ops[i]!).map((stand) => placeOf(stand, layout)),
        components: (wiring.components.get(ops[i]!) ?? []).map((component) => componentAt(layout, component)),
      },
    ]),
  );
  const compiled: Compilation<T, O> = {
    program,
    model,
    sizes,
    variables,
    alignment: Object.fromEntries(
      [...variables.values()].map(({ name, places }) => [
        name,
        places
          .filter(({ derived }) => !derived)
          .map(({ site, features }): Part => ({ site, at: { feature: features } })),
      ]),
    ),
    run: (inputs, runOptions = {}) => runCompiled(compiled, inputs, runOptions),
    dispose: () => model.dispose(),
  };
  return compiled;
}
