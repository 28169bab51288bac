/** Runs of a compiled program: what its activations say of the variables. */
import type { Activation, Intervention } from '../model/model.js';
import { checkKeys } from '../options.js';
import type { Compilation, CompiledRunOptions, CompiledVariable, Place } from './compilation.js';
import type { Value } from './language/value.js';
import type { ProgramRun, Settings } from './program.js';
import { argmax } from '../argmax.js';

/** The index of the value whose code is nearest to what stands there. @param from where the position's features begin */
function nearestCode({ encoding, codes, features, units }: Place, data: Float32Array, from: number): number {
  const held = (i: number): number => data[from + features[i]!]! / units[i]!;
  let best = 0;
  if (encoding === 'one-hot') {
    for (let i = 1; i < features.length; i++) if (held(i) > held(best)) best = i;
    return best;
  }
  const found = held(0);
  for (let i = 1; i < codes!.length; i++) if (Math.abs(codes![i]! - found) < Math.abs(codes![best]! - found)) best = i;
  return best;
}

/**
 * What a variable is at each position of one input, from the site of one of its places.
 * @param activation of the place's site, [rows, positions, features]
 * @param length tokens of the input, without the beginning
 */
export function readVariable(
  { values }: Pick<CompiledVariable, 'values'>,
  place: Place,
  { shape, data }: Activation,
  row: number,
  length: number,
): Value[] {
  const [, positions, width] = shape as [number, number, number];
  return Array.from({ length }, (_, i) => values[nearestCode(place, data, (row * positions + i + 1) * width)]!);
}

/**
 * Writes a value of a variable where it stands at a position.
 * @param from where the position's features begin in the data
 */
export function writeVariable(
  { values }: Pick<CompiledVariable, 'values'>,
  { encoding, features, units, codes }: Place,
  value: Value,
  data: Float32Array,
  from: number,
): void {
  const index = values.indexOf(value);
  if (encoding === 'number') data[from + features[0]!] = codes![index]! * units[0]!;
  else features.forEach((feature, i) => (data[from + feature] = i === index ? units[i]! : 0));
}

/** Puts values of a variable into the residual stream: one intervention for each value and position. */
function settingOf(
  { values, places }: CompiledVariable,
  rows: readonly (readonly (Value | undefined)[] | undefined)[],
  width: number,
): Intervention[] {
  const groups = new Map<string, { readonly value: number; readonly position: number; readonly rows: number[] }>();
  rows.forEach((row, at) =>
    row?.forEach((value, position) => {
      if (value === undefined) return;
      const index = values.indexOf(value);
      const group = groups.get(`${index} ${position}`) ?? { value: index, position, rows: [] };
      groups.set(`${index} ${position}`, group);
      group.rows.push(at);
    }),
  );
  const there = places.filter(({ derived }) => !derived);
  return [...groups.values()].flatMap((group) =>
    there.map((place): Intervention => {
      const { site, features } = place;
      const data = new Float32Array(width);
      writeVariable({ values }, place, values[group.value]!, data, 0);
      return {
        site,
        at: { feature: features, position: [group.position + 1] },
        rows: group.rows,
        by: { kind: 'value', value: { shape: [width], data } },
      };
    }),
  );
}

/** @throws InputError, ProgramError */
export async function runCompiled<T extends Value, O extends Value>(
  { program, model, variables }: Compilation<T, O>,
  inputs: readonly (readonly T[])[],
  options: CompiledRunOptions,
): Promise<ProgramRun<O>[]> {
  checkKeys(options, ['set'], 'options of run');
  const batch = inputs.map((input) => program.encode(input));
  const { set } = options;
  const settings = inputs.map((_, row) =>
    Array.isArray(set) ? (set as readonly Settings[])[row] : (set as Settings | undefined),
  );
  // what cannot be set is an error as it is of the program
  inputs.forEach((input, row) => settings[row] && program.run(input, { set: settings[row] }));
  const names = new Set(settings.flatMap((one) => Object.keys(one ?? {})));
  const interventions = [...names].flatMap((name) => {
    const rows = settings.map((one, row) =>
      one && Object.hasOwn(one, name) ? program.settingOf(name, one[name]!, inputs[row]!.length) : undefined,
    );
    return settingOf(variables.get(name)!, rows, model.config.d_model);
  });
  const all = [...variables.values()];
  const capture = [...new Set(all.map(({ places }) => places[0]!.site))];
  const { logits, activations } = await model.run(batch, { capture, interventions });
  const [, positions, classes] = logits.shape as [number, number, number];
  return inputs.map(({ length }, row) => ({
    output: Array.from({ length }, (_, i) => {
      const at = (row * positions + i + 1) * classes;
      return program.outputs[argmax(logits.data, at, classes)]!;
    }),
    variables: Object.fromEntries(
      all.map((variable) => {
        const [place] = variable.places;
        return [variable.name, readVariable(variable, place!, activations.get(place!.site)!, row, length)];
      }),
    ),
  }));
}
