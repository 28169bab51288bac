/** The chain of a compiled program. */
import { OptionError } from '../../errors.js';
import type { Activation } from '../../model/model.js';
import type { Compilation, CompiledVariable } from '../compilation.js';
import { distinctByPosition } from '../language/domain.js';
import type { Value } from '../language/value.js';
import { readVariable, writeVariable } from '../run-compiled.js';
import type { ChainStep } from './chain.js';

function stepOf({ name, values, places }: CompiledVariable): ChainStep {
  const computed = places.filter(({ derived }) => !derived);
  const [first] = computed;
  const { site } = first!;
  if (computed.some((place) => place.site !== site))
    throw new OptionError({
      what: `the copies of ${name} stand at several sites`,
      where: 'chainOf',
      hint: 'compile it without copies of that variable',
    });
  return {
    name,
    variables: [name],
    site,
    at: { feature: computed.flatMap(({ features }) => features) },
    abstraction: ({ shape, data }, input) => ({
      [name]: readVariable({ values }, first!, { site, shape: [1, ...shape], data }, 0, input.length),
    }),
    concretization(held, { shape, data }: Activation) {
      const written = data.slice();
      held[name]!.forEach((value, i) => {
        for (const place of computed) writeVariable({ values }, place, value, written, (i + 1) * shape[1]!);
      });
      return written;
    },
  };
}

/**
 * Which variable stands where in a compiled model, step by step: what `toImplement` takes. Variables that say where a position is are part of the input, and no step.
 * @throws OptionError
 */
export const chainOf = <T extends Value, O extends Value>({ program, variables }: Compilation<T, O>): ChainStep[] =>
  program.ops.flatMap((op, i) => {
    const fixed = ['tokens', 'length', 'constant'].includes(op.kind) || distinctByPosition(op);
    return fixed ? [] : [stepOf(variables.get(program.variables[i]!.name)!)];
  });
