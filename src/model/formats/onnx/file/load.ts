/** ONNX models, on onnxruntime-node. */
import { createHash } from 'node:crypto';
import { basename, extname } from 'node:path';
import { z } from 'zod';
import { FileError, ModelError, OptionError } from '../../../../errors.js';
import { checkOptions, suggest } from '../../../../options.js';
import { engineModel } from '../../../engine.js';
import { foreign } from '../../../../io/foreign.js';
import { chosenParts, type PartOptions } from '../../../component-families.js';
import type { ModelInput } from '../../../input.js';
import type { Model } from '../../../model.js';
import { readLimited } from '../../../../io/files.js';
import { tokenizerSchema, type Tokenizer } from '../../../../tokenizers/tokenizer.js';
import { Editor } from '../graph/rewrite.js';
import { onnxEngine, runner } from '../run/engine.js';
import { readExternal, type ExternalFile } from './external.js';
import { refused } from '../run/runtime-errors.js';
import { answers, beforeSoftmax, candidates, dependents, drawsRandom, weightBytes } from '../graph/graph-analysis.js';
import { ancestors, checkGraph, nodeWords, type Graph } from '../graph/graph.js';
import { Inputs, inputSpecs } from '../graph/inputs.js';
import { isOpen, probe, type Probed } from '../run/probe.js';
import { parseOnnx } from './proto.js';
import { here, openOrt, ortVersion, sessionOptions, type OrtSession } from '../run/runtime.js';
import { fileIndices, Sessions, weightsOf } from '../run/sessions.js';
import { oversized } from '../graph/sizes.js';
import { byValues, inSteps } from '../graph/steps.js';
import { openTrial } from '../run/dry-run.js';
import { chosenSites, defaultParts, defaultSites, layersOf, type SiteOptions } from '../graph/sites.js';
import { isFloat, isNumberType, typeName } from './element-types.js';

export interface OnnxOptions {
  /** for reports; default: the file's base name without extension */
  readonly name?: string | undefined;
  /** rows computed at once; bounds memory, changes no meaning. Default: as many as fit into 256 MiB with everything captured, at most 256 */
  readonly batchSize?: number | undefined;
  /** files, weights, and activations of one input larger than this are refused before they are read or computed; default 2 GiB - 1 */
  readonly maxBytes?: number | undefined;
  /**
   * the tensor to read as logits, by any name in the graph. Default: the first output that holds floats; where a softmax over the last axis makes it (also one that is written out as
   * exp(x) / sum(exp(x))), what goes into that softmax
   */
  readonly output?: string | undefined;
  /**
   * names for the axes of tensors, and other shapes for them by reshape, both without the batch axis: `{ '/attn/Add_output_0': { shape: [-1, 8, 64], axes: ['position', 'head',
   * 'feature'] } }`. One size may be -1: what the others leave
   */
  readonly sites?: Readonly<Record<string, SiteOptions>> | undefined;
  /** what a search for components ranges over, in place of the default parts */
  readonly parts?: readonly PartOptions[] | undefined;
  /** names of sites, in place of the default representation */
  readonly representation?: readonly string[] | undefined;
  /** threads of onnxruntime within an operator; default 1, so that Jest's workers do not get in each other's way and results do not depend on the machine's cores */
  readonly threads?: number | undefined;
  /**
   * `none` (default): onnxruntime runs the graph as it is written, always, and an activation has the same bits whatever else is captured or replaced. `all`: runs that capture and replace
   * nothing use all of its optimisations, as in production; their last bits then differ from those of the other runs
   */
  readonly optimisation?: 'none' | 'all' | undefined;
  /** an input that the model runs on, where none can be made up to learn the shapes of its tensors */
  readonly example?: ModelInput | undefined;
  /**
   * `true`: the file is tried in this process at once. Default: its first runs are in a process of its own, since onnxruntime does not check all that its operators are given, and a damaged or
   * hostile file can end the process that runs it, or take all memory; this takes a fifth of a second, and memory for the model twice while it lasts
   */
  readonly trusted?: boolean | undefined;
  /** seconds that the first runs may take, in a process of their own. @defaultValue 60 */
  readonly maxSeconds?: number | undefined;
  /** bytes of memory that the process of the first runs may take; default 2 GiB, and four times the size of the files. Not on Windows */
  readonly maxMemory?: number | undefined;
  readonly tokenizer?: Tokenizer | undefined;
}

const text = z.string().min(1);
const schema = z.strictObject({
  name: text.optional(),
  batchSize: z.int().positive().optional(),
  maxBytes: z.int().positive().optional(),
  output: text.optional(),
  sites: z
    .record(
      z.string(),
      z.strictObject({
        axes: z.array(text).optional(),
        shape: z.array(z.int().refine((size) => size === -1 || size > 0, 'a size is positive, or -1')).optional(),
      }),
    )
    .optional(),
  parts: z
    .array(
      z.strictObject({
        kind: text,
        site: text,
        axis: text.optional(),
        name: text.optional(),
        count: z.int().positive().optional(),
      }),
    )
    .optional(),
  representation: z.array(text).min(1).optional(),
  threads: z.int().positive().max(256).optional(),
  optimisation: z.enum(['none', 'all']).optional(),
  trusted: z.boolean().optional(),
  maxSeconds: z.number().positive().max(86_400).optional(),
  maxMemory: z.int().positive().optional(),
  example: z
    .custom<ModelInput>(
      (value) => typeof value === 'object' && value !== null,
      'an example is an input: token ids or tensors',
    )
    .optional(),
  tokenizer: tokenizerSchema.optional(),
});

const mostBytes = 2 ** 31 - 1;
const mostSeconds = 60;
/** of the process of the first runs: this, and the files so often, since sessions hold weights in forms of their own */
const leastMemory = 2 ** 31;
const timesFiles = 4;
/** what all activations of a batch may take, where the batch size is not given */
const batchBytes = 256 * 1024 * 1024;
const mostRows = 256;

function fingerprintOf(bytes: Uint8Array, external: readonly ExternalFile[]): string {
  const hash = createHash('sha256').update(bytes);
  for (const { location, data } of external) hash.update(`\0${location}\0${data.length}\0`).update(data);
  return hash.digest('hex');
}

/** Checks that need no run. @throws ModelError */
function checkSize(graph: Graph, maxBytes: number, where: string): void {
  const weights = weightBytes(graph);
  const hint = 'if the memory is there, raise maxBytes';
  if (weights > maxBytes)
    throw new ModelError({
      what: `the model is too large: its weights take ${weights} bytes, more than the ${maxBytes} that are allowed`,
      where,
      hint: hint,
    });
  const large = oversized(graph, maxBytes);
  if (large)
    throw new ModelError({
      what: `the model is too large: ${nodeWords(large.node)} makes ${large.bytes} bytes at the least, more than the ${maxBytes} bytes that are allowed`,
      where,
      hint: hint,
    });
  const random = drawsRandom(graph);
  if (random)
    throw new ModelError({
      what: `${nodeWords(random)} draws random numbers: no two runs would be alike`,
      where,
      hint: 'export the model without it, for example in evaluation mode',
    });
}

/** Names in the graph that are no sites, and why. */
function absentOf(graph: Graph, dependent: ReadonlySet<string>, probed: Probed): ReadonlyMap<string, string> {
  const absent = new Map(probed.absent);
  for (const name of graph.constants) absent.set(name, 'it is a weight or another constant');
  for (const name of graph.producer.keys())
    if (!dependent.has(name))
      absent.set(name, 'it does not depend on what the model is given: it is a constant, or arithmetic on shapes');
  for (const { name } of graph.inputs)
    if (!probed.places.has(name) && !absent.has(name)) absent.set(name, 'it is an input of integers');
  return absent;
}

/** The tensor to read as logits. */
function chooseAnswer(graph: Graph, probed: Probed, wanted: string | undefined, where: string): string {
  if (wanted !== undefined) {
    const why = probed.absent.get(wanted);
    if (why !== undefined)
      throw new OptionError({
        what: `the tensor ${wanted} cannot be read as logits: ${why}`,
        where: 'options of loadOnnx.output',
        hint: 'name another one',
      });
    return wanted;
  }
  const there = answers(graph).filter((name) => probed.places.has(name));
  const first = there.find((name) => isFloat(probed.places.get(name)!.type)) ?? there[0];
  if (first === undefined)
    throw new ModelError({
      what: `none of the outputs can be read as logits: ${graph.outputs.map(({ name }) => `${name} (${probed.absent.get(name) ?? 'it does not depend on the inputs'})`).join(', ')}`,
      where,
      hint: 'name a tensor of the graph as the option output',
    });
  const before = beforeSoftmax(graph, first, probed.places.get(first)!.own.length + 1);
  return probed.places.has(before) ? before : first;
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
  const given = checkOptions(schema, options, where) as OnnxOptions;
  const {
    name = basename(path, extname(path)),
    maxBytes = mostBytes,
    threads = 1,
    optimisation = 'none',
    example,
  } = given;
  await openOrt();
  const bytes = await readLimited(path, path, maxBytes);
  // an ONNX file begins with the number of its format, as a rule
  const other = bytes[0] === 0x08 ? undefined : foreign(bytes);
  if (other) throw new FileError({ ...other, where: path });
  const graph = checkGraph(parseOnnx(bytes, path), path);
  checkSize(graph, maxBytes, path);
  const external = await readExternal(graph.file, path, maxBytes);

  const inputs = new Inputs(inputSpecs(graph, path));
  for (const { name: input, dims = [] } of inputs.specs) {
    // as numbers in JavaScript
    const size = 8 * dims.reduce<number>((count, axis) => count * (typeof axis === 'number' ? axis : 1), 1);
    if (size > maxBytes)
      throw new ModelError({
        what: `the model is too large: its input ${input} takes ${size} bytes, more than the ${maxBytes} that are allowed`,
        where: path,
        hint: 'if the memory is there, raise maxBytes',
      });
    if (size === 0)
      throw new ModelError({
        what: `the input ${input} has an axis of size 0`,
        where: path,
        hint: 'the file is damaged, or its exporter is at fault: export the model anew',
      });
  }
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

  const files = [bytes, ...external.map(({ data }) => data)] as const;
  const editor = new Editor(graph, fileIndices(external), path);
  const made = { editor, files, weightBytes: weightBytes(graph), threads, where: path };
  const sessions = new Sessions(made);
  let untouched: OrtSession | undefined;
  try {
    const open = isOpen(inputs.specs);
    const fixed = inputs.specs.map(({ dims }) => dims?.[0]).find((size) => typeof size === 'number') as
      | number
      | undefined;
    const limits = {
      seconds: given.maxSeconds ?? mostSeconds,
      memory: given.maxMemory ?? leastMemory + timesFiles * files.reduce((sum, { length }) => sum + length, 0),
      results: maxBytes,
      threads,
    };
    const trial = given.trusted
      ? undefined
      : await openTrial([path, ...external.map((file) => file.path)], limits, path);
    const probing = new Sessions({
      ...made,
      all: names.filter((one) => graph.producer.has(one)),
      runtime: trial?.runtime,
    });
    const counted = byValues(graph, dependent);
    const steps = open ? inSteps(graph, dependent) : counted;
    const quantised = graph.nodes.find(({ op }) => op.startsWith('DynamicQuantize'));
    let probed: Probed;
    try {
      probed = await probe(inputs.specs, names, first, runner(probing, inputs, fixed === undefined ? 0 : fixed - 1), {
        example,
        maxBytes,
        where: path,
        inSteps: steps,
        byValues: counted,
        single: quantised && `${nodeWords(quantised)} scales by the whole batch`,
      });
    } finally {
      trial?.end();
      await probing.forget();
    }
    const answer = chooseAnswer(graph, probed, given.output, path);
    const { sites, views } = chosenSites(defaultSites(graph, probed), given.sites ?? {}, probed, where);
    const layers = layersOf(graph, dependent, probed.places, answer);
    const parts = given.parts ? chosenParts(sites, given.parts, where) : defaultParts(graph, layers, sites);
    const siteNames = sites.map((site) => site.name);
    for (const site of given.representation ?? [])
      if (!siteNames.includes(site))
        throw new OptionError({
          what: `the model has no site ${JSON.stringify(site)}`,
          where: `${where}.representation`,
          hint: suggest(site, siteNames),
        });
    const producible = [...parts.map((part) => part.site), ...layers.map(({ site }) => site)].filter((site) =>
      graph.producer.has(site),
    );
    sessions.expect(new Map(producible.map((site) => [site, probed.places.get(site)!.type])));

    const optimised = optimisation === 'all' && graph.outputs.some((output) => output.name === answer);
    if (optimised) {
      // as it is, unless its weights are elsewhere: a session from memory cannot find them
      const model =
        external.length === 0
          ? bytes
          : editor.edit({ fetch: graph.outputs.map((output) => output.name), cut: new Map(), mask: new Map() }).model;
      try {
        untouched = await here.createSession(
          model,
          sessionOptions({ threads, optimisation: 'all' }),
          external.length === 0 ? [] : weightsOf(files),
        );
      } catch (cause) {
        throw refused(cause, path);
      }
    }
    const upstream = new Map<string, ReadonlySet<string>>();
    const engine = onnxEngine({
      upstream: (site) => {
        const known = upstream.get(site) ?? ancestors(graph, [site], new Set()).tensors;
        upstream.set(site, known);
        return known;
      },
      sessions,
      inputs,
      places: probed.places,
      steps,
      views,
      rows: probed.rows,
      exampleSize: probed.exampleSize,
      answer,
      untouched:
        untouched &&
        (async (feeds) => {
          const all = await Promise.all(
            [...feeds].map(
              async ([input, { type, data, dims }]) => [input, await here.tensor(type, data, dims)] as const,
            ),
          );
          return (await untouched!.run(Object.fromEntries(all), [answer]))[answer]!;
        }),
    });
    return engineModel({
      name,
      kind: 'onnx',
      fingerprint: fingerprintOf(bytes, external),
      backend: {
        name: 'onnxruntime',
        description: `onnxruntime-node ${await ortVersion()}, cpu, ${threads === 1 ? '1 thread' : `${threads} threads`}`,
      },
      sites,
      parts,
      representationSites: given.representation ?? (layers.length > 0 ? layers.map(({ site }) => site) : [answer]),
      tokenizer: given.tokenizer,
      absent: absentOf(graph, dependent, probed),
      batchSize:
        given.batchSize ?? Math.max(1, Math.min(mostRows, Math.floor(batchBytes / Math.max(1, probed.rowBytes)))),
      engine,
    });
  } catch (error) {
    await sessions.forget();
    void untouched?.release();
    throw error;
  }
}
