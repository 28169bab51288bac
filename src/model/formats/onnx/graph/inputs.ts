/** From a ModelInput to the tensors that a graph takes. */
import { InputError, ModelError } from '../../../../errors.js';
import { suggest } from '../../../../options.js';
import { isTensorValue, isTokens, type ModelInput, type TensorValue, type Tokens } from '../../../input.js';
import type { Graph } from './graph.js';
import { show, type Node } from '../file/messages.js';
import { arrayFor, type AnyArray } from '../run/runtime.js';
import { isFloat, isNumberType, ranges, typeName, type NumberType } from '../file/element-types.js';
import { toHalf } from '../file/values.js';
import { entriesOf } from '../../../../shape.js';

/** How an input that was not given is made up. */
type Filler = 'ones' | 'zeros' | 'positions';

export interface InputSpec {
  readonly name: string;
  readonly type: NumberType;
  /** as declared, batch first; undefined where not even the rank is */
  readonly dims: readonly (number | string | undefined)[] | undefined;
  /** token ids run from 0 to one below this, where a table tells */
  readonly vocabulary: number | undefined;
  readonly filler: Filler | undefined;
}

/** One input's tensor for one row. */
interface Value {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number | bigint>;
}

/** Inputs of text encoders as Hugging Face names them. */
const fillers: Readonly<Record<string, Filler>> = {
  attention_mask: 'ones',
  token_type_ids: 'zeros',
  position_ids: 'positions',
};

/** The number of rows of the table that an input looks up, straight or through a cast. */
function vocabularyOf(graph: Graph, name: string): number | undefined {
  const readers = [...(graph.consumers.get(name) ?? [])];
  for (let i = 0; i < readers.length && i < 100; i++) {
    const node: Node = readers[i]!;
    if (node.domain !== '') continue;
    if (node.op === 'Cast' || node.op === 'Identity')
      readers.push(...(graph.consumers.get(node.outputs[0] ?? '') ?? []));
    else if (
      node.op === 'Gather' &&
      (node.attributes.get('axis')?.i ?? 0n) === 0n &&
      node.inputs[1] !== undefined &&
      node.inputs[0] !== name
    ) {
      const table = graph.initializers.get(node.inputs[0]!);
      if (table && table.dims.length > 0) return table.dims[0];
    }
  }
  return undefined;
}

/** @throws ModelError for an input that is no tensor of numbers */
export function inputSpecs(graph: Graph, where: string): InputSpec[] {
  return graph.inputs.map(({ name, tensor, type, dims }) => {
    const element = typeName(type);
    if (!tensor || !isNumberType(element))
      throw new ModelError({
        what: `the input ${show(name)} is ${tensor ? `of type ${element}` : 'no tensor'}`,
        where,
        hint: 'only tensors of numbers can be fed: export the model without the step before them',
      });
    return {
      name,
      type: element,
      dims,
      vocabulary: isFloat(element) ? undefined : vocabularyOf(graph, name),
      filler: dims?.length === 2 ? fillers[name] : undefined,
    };
  });
}

function fail(what: string, where: string, hint: string): never {
  throw new InputError({ what, where, hint });
}

const words = (dims: readonly (number | string | undefined)[]): string =>
  `[${dims.map((size) => size ?? '?').join(', ')}]`;
// Jest's sandbox makes globals slow to look up, and these run for every value
const { isInteger, isNaN } = Number;
const toNumber = Number;
const toBigInt = BigInt;

export class Inputs {
  /** the input that a bare value is for */
  private readonly bare: InputSpec | undefined;

  constructor(readonly specs: readonly InputSpec[]) {
    const needed = specs.filter(({ filler }) => filler === undefined);
    this.bare = needed.length === 1 ? needed[0] : specs.length === 1 ? specs[0] : undefined;
  }

  /**
   * The value of every input of the graph.
   * @throws InputError for a name, a shape, a type or a value that does not fit
   */
  values(input: ModelInput, where: string): Map<string, Value> {
    const given = new Map<string, Value>();
    const named: (readonly [InputSpec, Tokens | TensorValue])[] = [];
    const names = this.specs.map(({ name }) => name);
    if (isTokens(input) || isTensorValue(input)) {
      if (this.bare === undefined)
        fail(
          `the model has ${this.specs.length} inputs, and this is one without a name`,
          where,
          `name them: { ${names.join(', ')} }`,
        );
      named.push([this.bare, input]);
    } else {
      for (const [name, value] of Object.entries(input)) {
        const spec =
          this.specs.find((one) => one.name === name) ??
          fail(`the model has no input ${show(name)}`, where, suggest(name, names));
        if (typeof value !== 'object' || value === null || (!isTokens(value) && !isTensorValue(value)))
          fail(
            `the input ${show(name)} is neither a list of numbers nor { shape, data }`,
            where,
            'give token ids or a tensor',
          );
        named.push([spec, value]);
      }
    }
    for (const [spec, value] of named) given.set(spec.name, this.checked(spec, value, `${where}, ${spec.name}`));
    const missing = this.specs.filter(({ name }) => !given.has(name));
    const length = [...given.values()][0]?.shape;
    for (const spec of missing) {
      if (spec.filler === undefined || length?.length !== 1)
        fail(`the input ${show(spec.name)} is missing`, where, `the model takes ${names.join(', ')}`);
      const fill = { ones: () => 1, zeros: () => 0, positions: (_: unknown, i: number) => i }[spec.filler];
      given.set(spec.name, { shape: length, data: Array.from({ length: length[0]! }, fill) });
    }
    this.checkSizes(given, where);
    return given;
  }

  /** Tensors for rows of equal size, batch first; `pad` rows more repeat the last. */
  feeds(rows: readonly ModelInput[], pad = 0): Map<string, { type: NumberType; data: AnyArray; dims: number[] }> {
    const values = rows.map((row) => this.values(row, 'batch'));
    for (const { name, dims } of this.specs) {
      if (dims?.length !== 0) continue;
      const odd = values.findIndex((value) => value.get(name)!.data[0] !== values[0]!.get(name)!.data[0]);
      if (odd >= 0)
        fail(
          `the input ${show(name)} is one number for the whole batch, and row ${odd} has another`,
          'batch',
          'run rows with other numbers in batches of their own',
        );
    }
    return new Map(
      this.specs.map(({ name, type, dims }) => {
        const first = values[0]!.get(name)!;
        // a single number has no batch axis
        const scalar = dims?.length === 0;
        const size = entriesOf(first.shape);
        const data = arrayFor(type, scalar ? 1 : size * (rows.length + pad));
        const wide = type === 'int64' || type === 'uint64';
        for (let row = 0; row < (scalar ? 1 : rows.length + pad); row++) {
          const from = values[Math.min(row, rows.length - 1)]!.get(name)!.data;
          const at = row * size;
          if (type === 'float16') for (let i = 0; i < size; i++) data[at + i] = toHalf(toNumber(from[i]));
          else if (wide) for (let i = 0; i < size; i++) (data as BigInt64Array)[at + i] = toBigInt(from[i]!);
          else for (let i = 0; i < size; i++) data[at + i] = toNumber(from[i]);
        }
        return [name, { type, data, dims: scalar ? [] : [rows.length + pad, ...first.shape] }];
      }),
    );
  }

  private checked({ type, dims, vocabulary }: InputSpec, value: Tokens | TensorValue, where: string): Value {
    const tokens = isTokens(value);
    // a list of one is a number, where the model takes a number per row
    const shape: readonly number[] = tokens
      ? dims?.length === 1 || dims?.length === 0
        ? []
        : [value.length]
      : value.shape;
    const data: ArrayLike<number | bigint> = tokens ? value : value.data;
    if (!shape.every((size) => Number.isSafeInteger(size) && size >= 0))
      fail(`the shape is [${shape.map(String).join(', ')}]`, where, 'give sizes');
    if (data.length !== entriesOf(shape))
      fail(`there are ${data.length} values for the shape [${shape.join(', ')}]`, where, 'give every value once');
    if (data.length === 0)
      fail(tokens ? 'there are no tokens' : 'the tensor is empty', where, 'give at least one value');
    if (dims !== undefined) {
      const own = dims.slice(1);
      if (own.length !== shape.length || own.some((size, i) => typeof size === 'number' && size !== shape[i]))
        fail(
          `the shape is ${words(shape)}, but the model takes ${words(own)} per row`,
          where,
          'give one row, without the batch axis, in the shape that the model was exported with',
        );
    }
    const range = ranges[type];
    for (let i = 0; i < data.length; i++) {
      const number = toNumber(data[i]);
      if (range === undefined) {
        if (isNaN(number)) fail(`value ${i} is ${String(data[i])}`, where, 'give numbers');
        continue;
      }
      if (!isInteger(number) || number < range[0] || number > range[1])
        fail(
          `value ${i} is ${String(data[i])}, which ${type} does not hold`,
          where,
          `give integers from ${range[0]} to ${range[1]}`,
        );
      if (vocabulary !== undefined && (number < 0 || number >= vocabulary))
        fail(
          `value ${i} is ${number}, but the table it is looked up in has ${vocabulary} rows`,
          where,
          `give token ids from 0 to ${vocabulary - 1}`,
        );
    }
    return { shape, data };
  }

  /** Sizes that the model calls by one name are one size. */
  private checkSizes(given: ReadonlyMap<string, Value>, where: string): void {
    const sizes = new Map<string, readonly [size: number, input: string]>();
    for (const { name, dims } of this.specs) {
      (dims ?? []).slice(1).forEach((size, i) => {
        if (typeof size !== 'string') return;
        const here = given.get(name)!.shape[i]!;
        const [other, first] = sizes.get(size) ?? [here, name];
        if (other !== here)
          fail(
            `${show(name)} has ${here} along ${show(size)}, ${show(first)} has ${other}`,
            where,
            'inputs that belong together must be of one length',
          );
        sizes.set(size, [here, name]);
      });
    }
  }
}
