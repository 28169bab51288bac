/**
 * Writes a graph out again: only what is wanted, with some tensors replaced.
 * - A tensor that is replaced as a whole becomes an input; what made it falls away, unless something else needs it.
 * - One that is replaced in part goes through `Where(mask, value, tensor)`, with mask and value as new inputs, where the model's operator set has it.
 * Weights are not written: they are named as stretches of files that the session gets beside the graph, so that a session of a large model
 * takes no copy of them to make.
 */
import { ModelError } from '../../../../errors.js';
import { ancestors, type Graph } from './graph.js';
import type { Node, Span, TensorProto, ValueInfo } from '../file/messages.js';
import { codeOf, typeName, type NumberType } from '../file/element-types.js';
import { intField, join, messageField, Reader, stringField, type Pieces } from '../../../../io/protobuf-wire.js';

export interface Edit {
  /** tensors to read */
  readonly fetch: readonly string[];
  /** tensors replaced as a whole */
  readonly cut: ReadonlyMap<string, NumberType>;
  /** tensors replaced where a mask says so */
  readonly mask: ReadonlyMap<string, NumberType>;
}

export interface Edited {
  readonly model: Uint8Array;
  /** the graph inputs of each masked tensor that is computed at all */
  readonly masked: ReadonlyMap<string, { readonly mask: string; readonly value: string; readonly type: NumberType }>;
  /** of the weights that are in it */
  readonly weightBytes: number;
}

/** What the session calls the file itself, and its external files: the index in `externalData`. */
export const weightFile = (index: number): string => `congruity-weights-${index}`;

/** smaller ones stay in the graph: sizes and axes must be there when it is taken apart */
const smallBytes = 1024;

/** In what a value of a type is blended: Where knows few types, and each of these holds all values of those it stands for. */
const blendedAs: Readonly<Record<NumberType, NumberType>> = {
  float32: 'float32',
  float64: 'float64',
  float16: 'float32',
  int8: 'int32',
  uint8: 'int32',
  int16: 'int32',
  uint16: 'int32',
  int32: 'int32',
  bool: 'int32',
  uint32: 'int64',
  int64: 'int64',
  uint64: 'int64',
};

function newNode(op: string, inputs: readonly string[], output: string, attributes: Pieces = []): Pieces {
  return messageField(1, [
    ...inputs.flatMap((input) => stringField(1, input)),
    ...stringField(2, output),
    ...stringField(4, op),
    ...attributes,
  ]);
}

const cast = (from: string, to: string, type: NumberType): Pieces =>
  newNode('Cast', [from], to, messageField(5, [...stringField(1, 'to'), intField(3, codeOf(type)), intField(20, 2)]));

/** An input of unknown shape. */
const newInput = (name: string, type: number): Pieces =>
  messageField(11, [...stringField(1, name), ...messageField(2, messageField(1, [intField(1, type)]))]);

export class Editor {
  private readonly taken: Set<string>;

  /** @param files external files by location: their index among the session's weight files */
  constructor(
    private readonly graph: Graph,
    private readonly files: ReadonlyMap<string, number>,
    private readonly where: string,
  ) {
    this.taken = new Set([...graph.constants, ...graph.producer.keys(), ...graph.file.inputs.map(({ name }) => name)]);
  }

  /** false: the model's operator set has no Where, which came with the ninth, so that nothing can be replaced in part inside of the graph */
  get masks(): boolean {
    return (this.graph.file.opsets.get('') ?? 9) >= 9;
  }

  /** These tensors in an order in which they can be computed. */
  inOrder(names: Iterable<string>): string[] {
    const wanted = new Set(names);
    return this.graph.nodes.flatMap(({ outputs }) => outputs.filter((output) => wanted.has(output)));
  }

  edit({ fetch, cut, mask }: Edit): Edited {
    const { graph } = this;
    const { file } = graph;
    const { nodes, tensors } = ancestors(graph, fetch, new Set(cut.keys()));
    const masks = [...mask].filter(([name]) => tensors.has(name));
    const renamed = new Map(
      [...masks.map(([name]) => name), ...[...cut.keys()].filter((name) => nodes.has(graph.producer.get(name)!))].map(
        (name) => [name, this.fresh(`${name}__made`)],
      ),
    );

    const body: Pieces = file.graphRest.map((span) => this.slice(span));
    for (const node of graph.nodes) {
      if (!nodes.has(node)) continue;
      const changed = node.outputs.some((output) => renamed.has(output));
      body.push(...messageField(1, changed ? this.withOutputs(node, renamed) : [this.slice(node.span)]));
    }
    const inputs: Pieces = file.inputs
      .filter(({ name }) => tensors.has(name))
      .flatMap(({ span }) => messageField(11, [this.slice(span)]));
    for (const [name, type] of cut) if (tensors.has(name)) inputs.push(...newInput(name, codeOf(type)));
    const masked = new Map<string, { mask: string; value: string; type: NumberType }>();
    for (const [name, type] of masks) {
      const within = blendedAs[type];
      const slot = { mask: this.fresh(`${name}__mask`), value: this.fresh(`${name}__value`), type: within };
      const made = renamed.get(name)!;
      inputs.push(...newInput(slot.mask, codeOf('bool')), ...newInput(slot.value, codeOf(within)));
      if (within === type) body.push(...newNode('Where', [slot.mask, slot.value, made], name));
      else {
        const wide = this.fresh(`${name}__wide`);
        const blended = this.fresh(`${name}__blended`);
        body.push(
          ...cast(made, wide, within),
          ...newNode('Where', [slot.mask, slot.value, wide], blended),
          ...cast(blended, name, type),
        );
      }
      masked.set(name, slot);
    }
    let weightBytes = 0;
    for (const tensor of file.initializers) {
      if (!tensors.has(tensor.name)) continue;
      weightBytes += tensor.bytes;
      body.push(...messageField(5, this.weights(tensor)));
    }
    for (const { name, bytes, span } of file.sparse) {
      if (!tensors.has(name)) continue;
      weightBytes += bytes;
      body.push(...messageField(15, [this.slice(span)]));
    }
    const outputs = new Map<string, ValueInfo>(graph.outputs.map((info) => [info.name, info]));
    body.push(...inputs);
    for (const name of fetch) {
      const info = outputs.get(name);
      body.push(...messageField(12, info ? [this.slice(info.span)] : stringField(1, name)));
    }
    const made = new Set([...tensors].filter((name) => !cut.has(name) && !outputs.has(name)));
    for (const { name, span } of file.valueInfo) if (made.has(name)) body.push(...messageField(13, [this.slice(span)]));

    const model: Pieces = file.rest.map((span) => this.slice(span));
    // Where and Cast are standard operators
    if (masked.size > 0 && !file.opsets.has(''))
      model.push(...messageField(8, [...stringField(1, ''), intField(2, 17)]));
    model.push(...messageField(7, body));
    return { model: join(model), masked, weightBytes };
  }

  private slice({ from, to }: Span): Uint8Array {
    return this.graph.file.bytes.subarray(from, to);
  }

  private fresh(name: string): string {
    let free = name;
    for (let i = 1; this.taken.has(free); i++) free = `${name}${i}`;
    return free;
  }

  /** A node whose outputs are called otherwise; all else as it is in the file. */
  private withOutputs(node: Node, renamed: ReadonlyMap<string, string>): Pieces {
    const pieces: Pieces = [];
    const reader = new Reader(this.graph.file.bytes, this.where);
    for (const field of reader.fields(node.span.from, node.span.to, 'a node')) {
      if (field.number !== 2) {
        pieces.push(this.slice({ from: field.from, to: field.end }));
        continue;
      }
      const name = reader.string(field, 'a node');
      pieces.push(...stringField(2, renamed.get(name) ?? name));
    }
    return pieces;
  }

  private weights({ span, raw, external, name, dims, type, bytes }: TensorProto): Pieces {
    const place = external
      ? { file: this.files.get(external.location)!, offset: external.offset }
      : raw && bytes >= smallBytes
        ? { file: 0, offset: raw.from }
        : undefined;
    if (place === undefined || bytes === 0) return external ? this.described(name, dims, type) : [this.slice(span)];
    const pair = (key: string, value: string | number): Pieces =>
      messageField(13, [...stringField(1, key), ...stringField(2, String(value))]);
    return [
      ...this.described(name, dims, type),
      ...pair('location', weightFile(place.file)),
      ...pair('offset', place.offset),
      ...pair('length', bytes),
      intField(14, 1),
    ];
  }

  private described(name: string, dims: readonly number[], type: number): Pieces {
    if (typeName(type) === 'string')
      throw new ModelError({
        what: `the initializer ${name} is text in another file`,
        where: this.where,
        hint: 'export the model anew',
      });
    return [...dims.map((size) => intField(1, size)), intField(2, type), ...stringField(8, name)];
  }
}
