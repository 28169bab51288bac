/**
 * The messages of an ONNX file, as far as they matter here; everything keeps its place in the file, so that it can be written out again as it was.
 * Field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto. protobuf's rule that a message given twice is merged is kept: fields are read
 * from all occurrences, in order.
 */
import { FileError } from '../../../../errors.js';
import { elementType, typeName } from './element-types.js';
import { Reader, type Field } from '../../../../io/protobuf-wire.js';

/** A stretch of the file. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface TensorProto {
  readonly name: string;
  readonly dims: readonly number[];
  /** TensorProto.DataType */
  readonly type: number;
  /** of its values in memory; 0 for text */
  readonly bytes: number;
  /** its raw values in the file, where it has them there */
  readonly raw: Span | undefined;
  /** where its values are in another file */
  readonly external: { readonly location: string; readonly offset: number; readonly length: number } | undefined;
  /** the message itself, without tag and length */
  readonly span: Span;
  /** int64 values of a small tensor, for checks of shapes */
  readonly ints: readonly bigint[] | undefined;
}

export interface Attribute {
  readonly name: string;
  readonly i: bigint | undefined;
  readonly f: number | undefined;
  readonly ints: readonly bigint[];
  readonly tensor: TensorProto | undefined;
}

export interface Node {
  readonly name: string;
  readonly op: string;
  /** '' for the standard operators */
  readonly domain: string;
  readonly overload: string;
  /** '' where an optional one is left out */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
  /** the name of an attribute that is a graph */
  readonly subgraph: string | undefined;
  readonly span: Span;
}

export interface ValueInfo {
  readonly name: string;
  /** TensorProto.DataType, 0 where it is unknown */
  readonly type: number;
  /** false for sequences, maps and optional values */
  readonly tensor: boolean;
  /** a number, the name of a size, or undefined; undefined as a whole where not even the rank is known */
  readonly dims: readonly (number | string | undefined)[] | undefined;
  readonly span: Span;
}

export interface LocalFunction {
  readonly key: string;
  readonly nodes: readonly Node[];
}

export interface OnnxFile {
  readonly bytes: Uint8Array;
  /** fields of the model but the graph, tags included */
  readonly rest: readonly Span[];
  /** fields of the graph that are neither nodes, initializers, inputs, outputs nor value_info; tags included */
  readonly graphRest: readonly Span[];
  readonly irVersion: number;
  /** by domain; '' is the standard one */
  readonly opsets: ReadonlyMap<string, number>;
  readonly nodes: readonly Node[];
  readonly initializers: readonly TensorProto[];
  /** names of sparse ones, with their spans */
  readonly sparse: readonly { readonly name: string; readonly bytes: number; readonly span: Span }[];
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly valueInfo: readonly ValueInfo[];
  readonly functions: readonly LocalFunction[];
}

/** More of anything than this is not a model that anyone exported. */
const most = 1_000_000;
const mostAxes = 64;
/** tensors up to this many values are looked into, where they are int64 */
const fewValues = 64;

export const functionKey = (domain: string, op: string, overload: string): string => `${domain} ${op} ${overload}`;
/** the standard domain has two names */
const plainDomain = (domain: string): string => (domain === 'ai.onnx' ? '' : domain);
/** names come from the file: quoted, and cut where they are absurdly long */
export function show(name: string): string {
  const text = JSON.stringify(name);
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}

class Parser {
  private readonly reader: Reader;
  constructor(
    readonly bytes: Uint8Array,
    private readonly where: string,
  ) {
    this.reader = new Reader(bytes, where);
  }

  model(): OnnxFile {
    const { reader } = this;
    const rest: Span[] = [];
    const graphs: Span[] = [];
    const functions: LocalFunction[] = [];
    const opsets = new Map<string, number>();
    let irVersion: number | undefined;
    for (const field of reader.fields(0, this.bytes.length, 'the model')) {
      if (field.number === 7) {
        reader.payload(field, 'the model');
        graphs.push({ from: field.start, to: field.end });
        continue;
      }
      rest.push({ from: field.from, to: field.end });
      if (field.number === 1) irVersion = reader.int(field, 'the model');
      else if (field.number === 8) {
        const [domain, version] = this.opset(field);
        opsets.set(domain, version);
      } else if (field.number === 25) {
        functions.push(this.localFunction(field));
        if (functions.length > 10_000) reader.fail('the model has more than 10000 functions');
      }
    }
    if (graphs.length === 0) reader.fail('the file holds no ONNX graph');
    if (irVersion === undefined) return reader.fail('the model has no IR version');
    if (opsets.size === 0) reader.fail('the model imports no operators');

    const nodes: Node[] = [];
    const initializers: TensorProto[] = [];
    const sparse: OnnxFile['sparse'][number][] = [];
    const inputs: ValueInfo[] = [];
    const outputs: ValueInfo[] = [];
    const valueInfo: ValueInfo[] = [];
    const graphRest: Span[] = [];
    for (const graph of graphs) {
      for (const field of reader.fields(graph.from, graph.to, 'the graph')) {
        if (field.number === 1) nodes.push(this.node(field, `node ${nodes.length}`));
        else if (field.number === 5)
          initializers.push(this.tensor(this.message(field, 'the graph'), `initializer ${initializers.length}`));
        else if (field.number === 15) sparse.push(this.sparseTensor(field, `sparse initializer ${sparse.length}`));
        else if (field.number === 11) inputs.push(this.valueInfo(field, `input ${inputs.length}`));
        else if (field.number === 12) outputs.push(this.valueInfo(field, `output ${outputs.length}`));
        else if (field.number === 13) valueInfo.push(this.valueInfo(field, `value_info ${valueInfo.length}`));
        else graphRest.push({ from: field.from, to: field.end });
        if (nodes.length + initializers.length + inputs.length + outputs.length + valueInfo.length > most)
          reader.fail(`the graph has more than ${most} nodes and tensors`);
      }
    }
    return {
      bytes: this.bytes,
      rest,
      graphRest,
      irVersion,
      opsets,
      nodes,
      initializers,
      sparse,
      inputs,
      outputs,
      valueInfo,
      functions,
    };
  }

  private message(field: Field, message: string): Span {
    this.reader.payload(field, message);
    return { from: field.start, to: field.end };
  }

  private opset(field: Field): [string, number] {
    const { reader } = this;
    const { from, to } = this.message(field, 'the model');
    let domain = '';
    let version = 0;
    for (const entry of reader.fields(from, to, 'an operator set')) {
      if (entry.number === 1) domain = plainDomain(reader.string(entry, 'an operator set'));
      else if (entry.number === 2) version = reader.int(entry, 'an operator set');
    }
    return [domain, version];
  }

  private localFunction(field: Field): LocalFunction {
    const { reader } = this;
    const { from, to } = this.message(field, 'the model');
    const nodes: Node[] = [];
    let name = '';
    let domain = '';
    let overload = '';
    for (const entry of reader.fields(from, to, 'a function')) {
      if (entry.number === 1) name = reader.string(entry, 'a function');
      else if (entry.number === 10) domain = plainDomain(reader.string(entry, 'a function'));
      else if (entry.number === 13) overload = reader.string(entry, 'a function');
      else if (entry.number === 7) nodes.push(this.node(entry, `node ${nodes.length} of a function`));
    }
    return { key: functionKey(domain, name, overload), nodes };
  }

  private node(field: Field, what: string): Node {
    const { reader } = this;
    const span = this.message(field, 'the graph');
    const inputs: string[] = [];
    const outputs: string[] = [];
    const attributes = new Map<string, Attribute>();
    let name = '';
    let op = '';
    let domain = '';
    let overload = '';
    let subgraph: string | undefined;
    for (const entry of reader.fields(span.from, span.to, what)) {
      switch (entry.number) {
        case 1:
          inputs.push(reader.string(entry, what));
          break;
        case 2:
          outputs.push(reader.string(entry, what));
          break;
        case 3:
          name = reader.string(entry, what);
          break;
        case 4:
          op = reader.string(entry, what);
          break;
        case 7:
          domain = plainDomain(reader.string(entry, what));
          break;
        case 8:
          overload = reader.string(entry, what);
          break;
        case 5: {
          const { attribute, graph } = this.attribute(entry, `an attribute of ${what}`);
          if (attributes.has(attribute.name)) reader.fail(`${what} has the attribute ${show(attribute.name)} twice`);
          attributes.set(attribute.name, attribute);
          if (graph) subgraph = attribute.name;
          break;
        }
        default:
      }
      if (inputs.length + outputs.length + attributes.size > 100_000)
        reader.fail(`${what} has more than 100000 inputs, outputs and attributes`);
    }
    if (op === '') reader.fail(`${what} has no operator`);
    return { name, op, domain, overload, inputs, outputs, attributes, subgraph, span };
  }

  private attribute(field: Field, what: string): { attribute: Attribute; graph: boolean } {
    const { reader } = this;
    const { from, to } = this.message(field, what);
    let name = '';
    let i: bigint | undefined;
    let f: number | undefined;
    const ints: bigint[] = [];
    let tensor: TensorProto | undefined;
    let graph = false;
    for (const entry of reader.fields(from, to, what)) {
      switch (entry.number) {
        case 1:
          name = reader.string(entry, what);
          break;
        case 2:
          f = reader.float(entry, what);
          break;
        case 3:
          i = reader.bigint(entry, what);
          break;
        case 5:
          if (tensor) reader.fail(`${what} holds two tensors where one belongs`);
          tensor = this.tensor(this.message(entry, what), `the tensor of ${what}`);
          break;
        case 6:
        case 11:
          graph = true;
          break;
        case 8:
          reader.ints(entry, what, ints);
          break;
        case 10:
          this.tensor(this.message(entry, what), `a tensor of ${what}`);
          break;
        case 22:
        case 23:
          this.sparseTensor(entry, `the sparse tensor of ${what}`);
          break;
        default:
      }
    }
    return { attribute: { name, i, f, ints, tensor }, graph };
  }

  private sparseTensor(field: Field, what: string): OnnxFile['sparse'][number] {
    const { reader } = this;
    const span = this.message(field, what);
    const dims: bigint[] = [];
    let values: TensorProto | undefined;
    let indices: TensorProto | undefined;
    for (const entry of reader.fields(span.from, span.to, what)) {
      if (entry.number === 1) values = this.tensor(this.message(entry, what), `the values of ${what}`);
      else if (entry.number === 2) indices = this.tensor(this.message(entry, what), `the indices of ${what}`);
      else if (entry.number === 3) reader.ints(entry, what, dims, mostAxes);
    }
    if (!values || !indices) return reader.fail(`${what} has no ${values ? 'indices' : 'values'}`);
    const count = this.product(dims, what);
    const length = values.dims.length === 1 ? values.dims[0]! : -1;
    const flat = indices.dims.length === 1 && indices.dims[0] === length;
    const rows = indices.dims.length === 2 && indices.dims[0] === length && indices.dims[1] === dims.length;
    if (indices.type !== 7 || (!flat && !rows) || indices.external || values.external)
      reader.fail(`${what} has indices that do not fit its values`);
    if (length > count) reader.fail(`${what} has ${length} values for a shape of ${count}`);
    return { name: values.name, bytes: Math.ceil((count * (elementType(values.type)?.bits ?? 8)) / 8), span };
  }

  private product(dims: readonly bigint[], what: string): number {
    let count = 1n;
    for (const size of dims) {
      if (size < 0n) this.reader.fail(`${what} has the negative size ${size}`);
      count *= size;
    }
    // an axis of size 0 hides the others from the product, not from whoever multiplies them one by one
    if (dims.reduce((a, b) => a * (b === 0n ? 1n : b), 1n) > BigInt(Number.MAX_SAFE_INTEGER) / 128n)
      this.reader.fail(`${what} has the shape [${dims.join(', ')}]: more values than can be counted`);
    return Number(count);
  }

  private tensor(span: Span, what: string): TensorProto {
    const { reader } = this;
    const dims: bigint[] = [];
    let type = 0;
    let name = '';
    let raw: Span | undefined;
    let location = 0;
    let segment = false;
    const external = new Map<string, string>();
    const counts: Record<string, number> = {};
    let varints: bigint[] | undefined;
    const add = (kind: string, count: number) => (counts[kind] = (counts[kind] ?? 0) + count);
    for (const entry of reader.fields(span.from, span.to, what)) {
      switch (entry.number) {
        case 1:
          reader.ints(entry, what, dims, mostAxes);
          break;
        case 2:
          type = reader.int(entry, what);
          break;
        case 3:
          segment = true;
          break;
        case 4:
          add('float_data', reader.count(entry, 4, what));
          break;
        case 5:
          add('int32_data', reader.count(entry, 0, what));
          break;
        case 6:
          reader.payload(entry, what);
          add('string_data', 1);
          break;
        case 7: {
          const count = add('int64_data', reader.count(entry, 0, what));
          if (count <= fewValues) reader.ints(entry, what, (varints ??= []));
          break;
        }
        case 8:
          name = reader.string(entry, what);
          break;
        case 9:
          raw = this.message(entry, what);
          break;
        case 10:
          add('double_data', reader.count(entry, 8, what));
          break;
        case 11:
          add('uint64_data', reader.count(entry, 0, what));
          break;
        case 13: {
          const [key, value] = this.stringPair(entry, what);
          external.set(key, value);
          break;
        }
        case 14:
          location = reader.int(entry, what);
          break;
        default:
      }
    }
    const called = name === '' ? what : `${what}, ${show(name)},`;
    const element = elementType(type);
    if (element === undefined) return reader.fail(`${called} has the unknown element type ${type}`);
    if (segment)
      reader.fail(
        `${called} is one segment of several`,
        'segments are not supported, nor written by any exporter known: export the model anew',
      );
    const count = this.product(dims, called);
    const shape = dims.map(Number);
    const bytes = Math.ceil((count * element.bits) / 8);
    if (location !== 0 && location !== 1) reader.fail(`${called} has its values in the unknown place ${location}`);
    const held = Object.keys(counts);
    if (location === 1) {
      if (raw || held.length > 0) reader.fail(`${called} has values both here and in another file`);
      if (type === 8) reader.fail(`${called} is text in another file`);
      return {
        name,
        dims: shape,
        type,
        bytes,
        raw: undefined,
        external: this.external(external, bytes, called),
        span,
        ints: undefined,
      };
    }
    if (held.length > 1 || (raw && held.length > 0))
      reader.fail(`${called} holds its values twice: ${[...(raw ? ['raw_data'] : []), ...held].join(', ')}`);
    if (raw) {
      if (type === 8) reader.fail(`${called} is text in raw bytes`);
      if (raw.to - raw.from !== bytes)
        reader.fail(
          `${called} of shape [${shape.join(', ')}] and type ${element.name} takes ${bytes} bytes, but has ${raw.to - raw.from}`,
        );
    } else if (held.length === 0) {
      if (count > 0) reader.fail(`${called} of shape [${shape.join(', ')}] has no values`);
    } else {
      const field = held[0]!;
      if (field !== element.field) reader.fail(`${called} of type ${element.name} has its values in ${field}`);
      const parts = type === 14 || type === 15 ? 2 : 1;
      const expected = element.bits > 0 && element.bits < 8 ? Math.ceil((count * element.bits) / 8) : count * parts;
      if (counts[field] !== expected)
        reader.fail(`${called} of shape [${shape.join(', ')}] takes ${expected} values, but has ${counts[field]}`);
    }
    return {
      name,
      dims: shape,
      type,
      bytes,
      raw,
      external: undefined,
      span,
      ints: type === 7 && count <= fewValues ? this.smallInts(raw, varints) : undefined,
    };
  }

  private smallInts(raw: Span | undefined, varints: readonly bigint[] | undefined): readonly bigint[] {
    if (!raw) return varints ?? [];
    const view = new DataView(this.bytes.buffer, this.bytes.byteOffset + raw.from, raw.to - raw.from);
    return Array.from({ length: view.byteLength / 8 }, (_, i) => view.getBigInt64(8 * i, true));
  }

  private stringPair(field: Field, what: string): [string, string] {
    const { reader } = this;
    const { from, to } = this.message(field, what);
    let key = '';
    let value = '';
    for (const entry of reader.fields(from, to, what)) {
      if (entry.number === 1) key = reader.string(entry, what);
      else if (entry.number === 2) value = reader.string(entry, what);
    }
    return [key, value];
  }

  private external(
    entries: ReadonlyMap<string, string>,
    bytes: number,
    called: string,
  ): NonNullable<TensorProto['external']> {
    const { reader } = this;
    const location = entries.get('location');
    if (location === undefined || location === '')
      return reader.fail(`${called} has its values in another file, but does not say in which`);
    const number = (key: string, missing: number): number => {
      const text = entries.get(key);
      if (text === undefined) return missing;
      const value = Number(text);
      return /^\d{1,16}$/.test(text) && Number.isSafeInteger(value)
        ? value
        : reader.fail(`${called} has its values at the ${key} ${show(text)} of another file, which is no count`);
    };
    const offset = number('offset', 0);
    const length = number('length', bytes);
    if (length !== bytes) reader.fail(`${called} takes ${bytes} bytes, but ${length} in ${show(location)}`);
    return { location, offset, length };
  }

  private valueInfo(field: Field, what: string): ValueInfo {
    const { reader } = this;
    const span = this.message(field, 'the graph');
    let name = '';
    let type = 0;
    let tensor = false;
    let other = false;
    let dims: (number | string | undefined)[] | undefined;
    for (const entry of reader.fields(span.from, span.to, what)) {
      if (entry.number === 1) name = reader.string(entry, what);
      if (entry.number !== 2) continue;
      const at = this.message(entry, what);
      for (const kind of reader.fields(at.from, at.to, what)) {
        if (kind.number === 4 || kind.number === 5 || kind.number === 7 || kind.number === 8 || kind.number === 9)
          other = true;
        if (kind.number !== 1) continue;
        tensor = true;
        const inner = this.message(kind, what);
        for (const detail of reader.fields(inner.from, inner.to, what)) {
          if (detail.number === 1) type = reader.int(detail, what);
          else if (detail.number === 2) dims = this.shape(this.message(detail, what), what, dims ?? []);
        }
      }
    }
    if (name === '') reader.fail(`${what} has no name`);
    if (tensor && type !== 0 && elementType(type) === undefined)
      reader.fail(`${what}, ${show(name)}, has the unknown element ${typeName(type)}`);
    return { name, type, tensor: tensor && !other, dims, span };
  }

  private shape(
    { from, to }: Span,
    what: string,
    dims: (number | string | undefined)[],
  ): (number | string | undefined)[] {
    const { reader } = this;
    for (const entry of reader.fields(from, to, what)) {
      if (entry.number !== 1) continue;
      let size: number | string | undefined;
      const at = this.message(entry, what);
      for (const dim of reader.fields(at.from, at.to, what)) {
        if (dim.number === 1) {
          const value = reader.int(dim, what);
          // some exporters write an unknown size as -1
          size = value < 0 ? undefined : value;
        } else if (dim.number === 2) size = reader.string(dim, what) || undefined;
      }
      dims.push(size);
      if (dims.length > mostAxes) reader.fail(`${what} has more than ${mostAxes} axes`);
    }
    return dims;
  }
}

/**
 * Reads an ONNX file. Values of tensors are counted and measured, not copied.
 * @throws FileError for anything that is not well-formed
 */
export function parseOnnx(bytes: Uint8Array, where: string): OnnxFile {
  if (bytes.length === 0) throw new FileError({ what: 'the file is empty', where, hint: 'give an .onnx file' });
  return new Parser(bytes, where).model();
}
