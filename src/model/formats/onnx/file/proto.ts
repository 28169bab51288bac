/**
 * An ONNX file, read at protobuf's wire level. Field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto. protobuf's rule that a message given
 * twice is merged is kept: fields are read from all occurrences, in order.
 */
import { FileError } from '../../../../errors.js';
import { Reader, type Field } from '../../../../io/protobuf-wire.js';
import {
  spanOf,
  plainDomain,
  type LocalFunction,
  type Node,
  type OnnxFile,
  type Span,
  type TensorProto,
  type ValueInfo,
} from './messages.js';
import { readFunction, readNode } from './read-nodes.js';
import { readSparseTensor, readTensor } from './read-tensors.js';
import { readValueInfo } from './read-values.js';

/** More of anything than this is not a model that anyone exported. */
const most = 1_000_000;

function readOpset(reader: Reader, field: Field): [string, number] {
  const { from, to } = spanOf(reader, field, 'the model');
  let domain = '';
  let version = 0;
  for (const entry of reader.fields(from, to, 'an operator set')) {
    if (entry.number === 1) domain = plainDomain(reader.string(entry, 'an operator set'));
    else if (entry.number === 2) version = reader.int(entry, 'an operator set');
  }
  return [domain, version];
}

function readModel(reader: Reader): OnnxFile {
  const rest: Span[] = [];
  const graphs: Span[] = [];
  const functions: LocalFunction[] = [];
  const opsets = new Map<string, number>();
  let irVersion: number | undefined;
  for (const field of reader.fields(0, reader.bytes.length, 'the model')) {
    if (field.number === 7) {
      reader.payload(field, 'the model');
      graphs.push({ from: field.start, to: field.end });
      continue;
    }
    rest.push({ from: field.from, to: field.end });
    if (field.number === 1) irVersion = reader.int(field, 'the model');
    else if (field.number === 8) {
      const [domain, version] = readOpset(reader, field);
      opsets.set(domain, version);
    } else if (field.number === 25) {
      functions.push(readFunction(reader, field));
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
      if (field.number === 1) nodes.push(readNode(reader, field, `node ${nodes.length}`));
      else if (field.number === 5)
        initializers.push(readTensor(reader, spanOf(reader, field, 'the graph'), `initializer ${initializers.length}`));
      else if (field.number === 15) sparse.push(readSparseTensor(reader, field, `sparse initializer ${sparse.length}`));
      else if (field.number === 11) inputs.push(readValueInfo(reader, field, `input ${inputs.length}`));
      else if (field.number === 12) outputs.push(readValueInfo(reader, field, `output ${outputs.length}`));
      else if (field.number === 13) valueInfo.push(readValueInfo(reader, field, `value_info ${valueInfo.length}`));
      else graphRest.push({ from: field.from, to: field.end });
      if (nodes.length + initializers.length + inputs.length + outputs.length + valueInfo.length > most)
        reader.fail(`the graph has more than ${most} nodes and tensors`);
    }
  }
  return {
    bytes: reader.bytes,
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

/**
 * Reads an ONNX file. Values of tensors are counted and measured, not copied.
 * @throws FileError for anything that is not well-formed
 */
export function parseOnnx(bytes: Uint8Array, where: string): OnnxFile {
  if (bytes.length === 0) throw new FileError({ what: 'the file is empty', where, hint: 'give an .onnx file' });
  return readModel(new Reader(bytes, where));
}
