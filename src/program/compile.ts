/** Programs as transformers that compute them exactly, with a map from each variable to where it stands. */
import { z } from 'zod';
import { OptionError } from '../errors.js';
import { transformer, type TransformerOptions } from '../model/formats/transformer/run/model.js';
import { checkKeys, checkOptions } from '../options.js';
import type { Compilation, CompiledVariable, Place } from './compilation.js';
import { configOf, weightsOf } from './compiler/assemble.js';
import { Composition } from './compiler/compose.js';
import type { OneHot, Scalar } from './compiler/encoding.js';
import { limitsShape, sizesOf, type SizeLimits } from './compiler/sizes.js';
import { siteAt, Wiring } from './compiler/wiring.js';
import type { Value } from './language/value.js';
import { Program } from './program.js';
import { runCompiled } from './run-compiled.js';

/** Options of `compile`. */
export interface CompileOptions {
  /** what computes the model. @defaultValue the first that works, see `backend` */
  readonly backend?: TransformerOptions['backend'];
  /** the largest sizes that the transformer may have, in TransformerLens's names. @defaultValue 256 layers, 256 heads of 16384, d_model 16384, d_mlp 65536, 256 MiB */
  readonly limits?: SizeLimits | undefined;
}

const placeOf = (encoding: OneHot | Scalar): Place => ({
  site: siteAt(encoding.time),
  features: encoding.features,
  encoding: encoding.kind,
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
  if (!(program instanceof Program))
    throw new OptionError({
      what: 'what is compiled is no program',
      where: 'compile',
      hint: 'give what `program` makes',
    });
  checkKeys(options, ['backend', 'limits'], 'compile options');
  const limits = checkOptions(z.strictObject(limitsShape), options.limits ?? {}, 'compile options.limits');
  const { ops, vocabulary, maxLength, causal } = program;
  const composition = new Composition(ops, vocabulary.length, maxLength, new Wiring(limits));
  const { wiring, encodings } = composition;
  const output = composition.oneHot(ops.at(-1)!);
  const config = configOf(wiring, {
    vocabulary: vocabulary.length,
    positions: maxLength,
    classes: program.outputs.length,
    causal,
  });
  const sizes = sizesOf(config, limits, program.name);
  const weights = weightsOf(wiring, config, composition.tokenTerms, composition.positionTerms, output.features);
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
        places: encodings.get(ops[i]!)!.map(placeOf),
        components: wiring.components.get(ops[i]!) ?? [],
      },
    ]),
  );
  const compiled: Compilation<T, O> = {
    program,
    model,
    sizes,
    variables,
    alignment: Object.fromEntries(
      [...variables.values()].map(({ name, places: [first] }) => [
        name,
        [{ site: first!.site, at: { feature: first!.features } }],
      ]),
    ),
    run: (inputs, runOptions = {}) => runCompiled(compiled, inputs, runOptions),
    dispose: () => model.dispose(),
  };
  return compiled;
}
