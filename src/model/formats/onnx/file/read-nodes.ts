/** Nodes of an ONNX graph, and its local functions. */
import type { Field, Reader } from '../../../../io/protobuf-wire.js';
import {
  functionKey,
  spanOf,
  plainDomain,
  show,
  type Attribute,
  type LocalFunction,
  type Node,
  type TensorProto,
} from './messages.js';
import { readSparseTensor, readTensor } from './read-tensors.js';

export function readFunction(reader: Reader, field: Field): LocalFunction {
  const { from, to } = spanOf(reader, field, 'the model');
  const nodes: Node[] = [];
  let name = '';
  let domain = '';
  let overload = '';
  for (const entry of reader.fields(from, to, 'a function')) {
    if (entry.number === 1) name = reader.string(entry, 'a function');
    else if (entry.number === 10) domain = plainDomain(reader.string(entry, 'a function'));
    else if (entry.number === 13) overload = reader.string(entry, 'a function');
    else if (entry.number === 7) nodes.push(readNode(reader, entry, `node ${nodes.length} of a function`));
  }
  return { key: functionKey(domain, name, overload), nodes };
}

export function readNode(reader: Reader, field: Field, what: string): Node {
  const span = spanOf(reader, field, 'the graph');
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
        const { attribute, graph } = readAttribute(reader, entry, `an attribute of ${what}`);
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

function readAttribute(reader: Reader, field: Field, what: string): { attribute: Attribute; graph: boolean } {
  const { from, to } = spanOf(reader, field, what);
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
        tensor = readTensor(reader, spanOf(reader, entry, what), `the tensor of ${what}`);
        break;
      case 6:
      case 11:
        graph = true;
        break;
      case 8:
        reader.ints(entry, what, ints);
        break;
      case 10:
        readTensor(reader, spanOf(reader, entry, what), `a tensor of ${what}`);
        break;
      case 22:
      case 23:
        readSparseTensor(reader, entry, `the sparse tensor of ${what}`);
        break;
      default:
    }
  }
  return { attribute: { name, i, f, ints, tensor }, graph };
}
