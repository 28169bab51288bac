/** Programs as transformers that compute them exactly, with a map from each variable to where it stands. */
import * as z from 'zod';
import { transformer, type TransformerOptions } from '../model/formats/transformer/run/model.js';
import { checkKeys, checkOptions } from '../options.js';
import type { Part } from './alignment.js';
import type { Compilation, CompiledVariable, Place } from './compilation.js';
import { configOf, weightsOf } from './compiler/assemble.js';
import type { Stand } from './compiler/held.js';
import { composed, sizesSchema, variationSchema } from './composed.js';
import { componentAt, enlarged, layoutOf, type Layout, type LeastSizes, type Variation } from './compiler/layout.js';
import { limitsShape, sizesOf, type SizeLimits } from './compiler/sizes.js';
import { siteAt } from './compiler/wiring.js';
import type { Value } from './language/value.js';
import { checkProgram, type Program } from './program.js';
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
  checkProgram(program, 'compile', 'what is compiled');
  checkKeys(options, ['architecture', 'backend', 'limits', 'variation'], 'compile options');
  const variation = checkOptions(variationSchema, options.variation ?? {}, 'compile options.variation');
  const architecture = Object.fromEntries(
    Object.entries(checkOptions(sizesSchema, options.architecture, 'compile options.architecture') ?? {}).filter(
      ([, size]) => size !== undefined,
    ),
  );
  const limits = checkOptions(z.strictObject(limitsShape), options.limits ?? {}, 'compile options.limits');
  const { ops, vocabulary, maxLength, causal } = program;
  const { composition, holdings, output } = composed(program, variation, { ...limits, ...architecture });
  const { wiring, held, tokenTerms, positionTerms } = composition;
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
