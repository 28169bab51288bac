/** ONNX models, on onnxruntime-node. */
import { basename, extname } from 'node:path';
import { FileError, ModelError, OptionError } from '../../../../errors.js';
import { readLimited } from '../../../../io/files.js';
import { foreign } from '../../../../io/foreign.js';
import * as z from 'zod';
import { checkOptions, suggest } from '../../../../options.js';
import type { Model } from '../../../model.js';
import { answers, candidates, dependents, drawsRandom, weightBytes } from '../graph/graph-analysis.js';
import { checkGraph, nodeWords, type Graph } from '../graph/graph.js';
import { Inputs, inputSpecs } from '../graph/inputs.js';
import { oversized } from '../graph/sizes.js';
import { openGraph } from '../run/model.js';
import { openOrt } from '../run/runtime.js';
import { isFloat, isNumberType, typeName } from './element-types.js';
import { readExternal } from './external.js';
import { onnxShape, type OnnxOptions } from '../options.js';
import { parseOnnx } from './proto.js';

const schema = z.strictObject(onnxShape);
const mostBytes = 2 ** 31 - 1;

/** Checks that need no run. @throws ModelError */
function checkSize(graph: Graph, maxBytes: number, where: string): void {
  const weights = weightBytes(graph);
  const hint = 'if the memory is there, raise maxBytes';
  if (weights > maxBytes)
    throw new ModelError({
      what: `the model is too large: its weights take ${weights} bytes, more than the ${maxBytes} that are allowed`,
      where,
      hint,
    });
  const large = oversized(graph, maxBytes);
  if (large)
    throw new ModelError({
      what: `the model is too large: ${nodeWords(large.node)} makes ${large.bytes} bytes at the least, more than the ${maxBytes} bytes that are allowed`,
      where,
      hint,
    });
  const random = drawsRandom(graph);
  if (random)
    throw new ModelError({
      what: `${nodeWords(random)} draws random numbers: no two runs would be alike`,
      where,
      hint: 'export the model without it, for example in evaluation mode',
    });
}

/** @throws ModelError for an input that no memory holds, or that holds nothing */
function checkInputSizes(inputs: Inputs, maxBytes: number, where: string): void {
  for (const { name: input, dims = [] } of inputs.specs) {
    // as numbers in JavaScript
    const size = 8 * dims.reduce<number>((count, axis) => count * (typeof axis === 'number' ? axis : 1), 1);
    if (size > maxBytes)
      throw new ModelError({
        what: `the model is too large: its input ${input} takes ${size} bytes, more than the ${maxBytes} that are allowed`,
        where,
        hint: 'if the memory is there, raise maxBytes',
      });
    if (size === 0)
      throw new ModelError({
        what: `the input ${input} has an axis of size 0`,
        where,
        hint: 'the file is damaged, or its exporter is at fault: export the model anew',
      });
  }
}

/**
 * Loads an ONNX file, with the files of weights that it names in its own folder.
 *
 * **Sites** are the tensors of the graph that depend on the values of its inputs, by their own names, and inputs of floats. Weights, constants and arithmetic on shapes are none; nor are tensors
 * without a batch axis. Activations are float32 whatever the tensor's type (64-bit numbers are rounded), batch first wherever the batch is in the graph: a batch axis further inside is moved, one that is
 * folded into another ([batch * head, position, feature]) is unfolded. Replacements are rounded to what the tensor's type can hold.
 *
 * **Axes**: of what convolutions, pooling and batch normalisation make, and of what follows from that entry by entry, `channel`, then `position`, or `row` and `column`. Else an axis that is as long as the
 * sequence that the model takes is `position` (two of them: `query` and `key`); beside it, the one other axis is `feature`, two others are `head` and `feature`. The one axis of a vector is `feature`. All
 * others are `axis1`, `axis2`, ... The option `sites` names them, and sees tensors in other shapes.
 *
 * **Parts** are the layers: what each convolution (`channel`) or product with weights (`neuron` where an activation function follows, else `unit`) makes, after bias, batch normalisation and activation
 * function where these follow directly; first its components, then the layer as a whole (`layer`); and the heads of
 * attention (`head`), where a product of a [head, query, key] pattern shows them. The layer that makes the logits is none. A graph without such operators has every tensor of floats between
 * its inputs and the logits for a layer. The layers are the default representation.
 *
 * **Inputs**: every row without its batch axis; a list of integers for an input with one axis. A model of several inputs takes them by name, but a text encoder takes its tokens alone: `attention_mask` is
 * then all ones, `token_type_ids` all zeros, `position_ids` counts from zero. The first axis of every input is taken to be the batch.
 *
 * **Batches**: rows are computed together, but one by one where the model was exported for one row, or where rows change each other (dynamic quantisation scales by the whole batch).
 *
 * **Bits**: by default the graph runs as it is written, and equals `onnxruntime` with its graph optimisations off to the bit; so do activations and logits, whatever else is captured, and an intervention
 * that puts in what is there anyway. Two exceptions are onnxruntime's: a replaced -0 is 0, and between two float16 operators it leaves out a rounding that reading or replacing the tensor there brings back.
 *
 * Local functions are run as they are; tensors inside them are no sites. Sub-graphs (If, Loop, Scan) are refused.
 *
 * @throws FileError for a file that is missing, damaged, or names files outside its folder
 * **Sizes**: -1 follows the input. A tensor whose size depends on the values of the input is no site; one where that shows only later is an InputError when it is read or replaced.
 *
 * **Telemetry**: `ORT_DISABLE_TELEMETRY=1` is set in the environment of the process before onnxruntime loads.
 *
 * @throws ModelError for a graph that contradicts itself, or that onnxruntime cannot run; also for one that takes more than `maxBytes`, `maxMemory` or `maxSeconds`
 * @throws BackendError where onnxruntime-node is not installed; in a worker thread of a process whose environment lets it send usage data; where no process can be started for the first runs
 * @throws OptionError
 */
export async function loadOnnx(path: string, options: OnnxOptions = {}): Promise<Model> {
  const where = 'options of loadOnnx';
  if (typeof path !== 'string' || path === '')
    throw new OptionError({
      what: `the path of a model is ${JSON.stringify(path)}`,
      where: 'loadOnnx',
      hint: 'give the path of an .onnx file',
    });
  const given = checkOptions(schema, options, where);
  const { name = basename(path, extname(path)), maxBytes = mostBytes } = given;
  await openOrt();
  const bytes = await readLimited(path, path, maxBytes);
  // an ONNX file begins with the number of its format, as a rule
  const other = bytes[0] === 0x08 ? undefined : foreign(bytes);
  if (other) throw new FileError({ ...other, where: path });
  const graph = checkGraph(parseOnnx(bytes, path), path);
  checkSize(graph, maxBytes, path);
  const external = await readExternal(graph.file, path, maxBytes);

  const inputs = new Inputs(inputSpecs(graph, path));
  checkInputSizes(inputs, maxBytes, path);
  const dependent = dependents(graph);
  const names = [
    ...graph.inputs
      .filter(({ type }) => isNumberType(typeName(type)) && isFloat(typeName(type) as 'float32'))
      .map((input) => input.name),
    ...candidates(graph, dependent),
  ];
  const known = new Set(names);
  if (given.output !== undefined && !known.has(given.output))
    throw new OptionError({
      what: `the graph computes no tensor ${JSON.stringify(given.output)}`,
      where: `${where}.output`,
      hint: suggest(given.output, names),
    });
  const first = given.output ?? answers(graph).find((answer) => known.has(answer));
  if (first === undefined)
    throw new ModelError({
      what: 'no output depends on the inputs',
      where: path,
      hint: 'the file is damaged, or its exporter is at fault: export the model anew',
    });

  return openGraph(
    { path, bytes, external, graph, inputs, dependent, names, first },
    { ...given, name, maxBytes },
    where,
  );
}
