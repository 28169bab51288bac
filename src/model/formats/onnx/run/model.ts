/** From a graph that was read and checked to a Model: its first runs, what they show it to offer, and an engine. */
import { createHash } from 'node:crypto';
import { OptionError } from '../../../../errors.js';
import { exactKey } from '../../../../exact-key.js';
import { suggest } from '../../../../options.js';
import { chosenParts } from '../../../component-families.js';
import type { Model } from '../../../model.js';
import { patchEngineModel } from '../../../patch-engine.js';
import type { ExternalFile } from '../file/external.js';
import type { OnnxOptions } from '../options.js';
import { absentOf, chooseAnswer } from '../graph/answer.js';
import { weightBytes } from '../graph/graph-analysis.js';
import { ancestors, nodeWords, type Graph } from '../graph/graph.js';
import type { Inputs } from '../graph/inputs.js';
import { Editor } from '../graph/rewrite.js';
import { chosenSites, defaultParts, defaultSites, layersOf } from '../graph/sites.js';
import { byValues, inSteps } from '../graph/steps.js';
import type { Probed } from '../graph/tensor-place.js';
import { openTrial } from './dry-run.js';
import { onnxEngine, type OnnxEngineParts } from './engine.js';
import { isOpen, probe, runner } from './probe.js';
import { refused } from './runtime-errors.js';
import { here, ortVersion, sessionOptions, type OrtSession } from './runtime.js';
import { fileIndices, Sessions, weightsOf, type SessionsOptions } from './sessions.js';

const mostSeconds = 60;
/** of the process of the first runs: this, and the files so often, since sessions hold weights in forms of their own */
const leastMemory = 2 ** 31;
const timesFiles = 4;
/** what all activations of a batch may take, where the batch size is not given */
const batchBytes = 256 * 1024 * 1024;
const mostRows = 256;

/** A file that was read. */
export interface ReadGraph {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly external: readonly ExternalFile[];
  readonly graph: Graph;
  readonly inputs: Inputs;
  /** tensors that depend on the values of the inputs */
  readonly dependent: ReadonlySet<string>;
  /** tensors to learn about, in the order of computation */
  readonly names: readonly string[];
  /** the one of them that is looked at first: the answer, or what it is made of */
  readonly first: string;
}

/** Options that have a default in the file or in what the loader takes for one. */
export type OpenOptions = OnnxOptions & { readonly name: string; readonly maxBytes: number };

function fingerprintOf(bytes: Uint8Array, external: readonly ExternalFile[]): string {
  const hash = createHash('sha256').update(bytes);
  for (const { location, data } of external) hash.update(`\0${location}\0${data.length}\0`).update(data);
  return hash.digest('hex');
}

/** Tensors whose sizes follow the input in steps, and those whose sizes may depend on values. */
function oddSizes({
  graph,
  inputs,
  dependent,
}: ReadGraph): Pick<OnnxEngineParts, 'steps'> & { counted: ReadonlySet<string> } {
  const counted = byValues(graph, dependent);
  return { counted, steps: isOpen(inputs.specs) ? inSteps(graph, dependent) : counted };
}

/** Runs the graph for the first time, in a process with limits unless the file is trusted. @throws ModelError, BackendError */
async function firstRuns(
  read: ReadGraph,
  made: Omit<SessionsOptions, 'all' | 'runtime'>,
  { steps, counted }: ReturnType<typeof oddSizes>,
  options: OpenOptions,
): Promise<Probed> {
  const { path, external, graph, inputs, names, first } = read;
  const { maxBytes } = options;
  const fixed = inputs.specs.map(({ dims }) => dims?.[0]).find((size) => typeof size === 'number') as
    | number
    | undefined;
  const limits = {
    seconds: options.maxSeconds ?? mostSeconds,
    memory: options.maxMemory ?? leastMemory + timesFiles * made.files.reduce((sum, { length }) => sum + length, 0),
    results: maxBytes,
    threads: made.threads,
  };
  const trial = options.trusted
    ? undefined
    : await openTrial([path, ...external.map((file) => file.path)], limits, path);
  const probing = new Sessions({
    ...made,
    all: names.filter((one) => graph.producer.has(one)),
    runtime: trial?.runtime,
  });
  const quantised = graph.nodes.find(({ op }) => op.startsWith('DynamicQuantize'));
  try {
    return await probe(inputs.specs, names, first, runner(probing, inputs, fixed === undefined ? 0 : fixed - 1), {
      example: options.example,
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
}

/** A session with all of onnxruntime's optimisations. @throws ModelError */
async function optimisedSession(
  { path, bytes, external, graph }: ReadGraph,
  { editor, files, threads }: Omit<SessionsOptions, 'all' | 'runtime'>,
): Promise<OrtSession> {
  // as it is, unless its weights are elsewhere: a session from memory cannot find them
  const model =
    external.length === 0
      ? bytes
      : editor.edit({ fetch: graph.outputs.map((output) => output.name), cut: new Map(), mask: new Map() }).model;
  try {
    return await here.createSession(
      model,
      sessionOptions({ threads, optimisation: 'all' }),
      external.length === 0 ? [] : weightsOf(files),
    );
  } catch (cause) {
    throw refused(cause, path);
  }
}

/** @param where what messages call the options */
function checkRepresentation(names: readonly string[], wanted: readonly string[], where: string): void {
  for (const site of wanted)
    if (!names.includes(site))
      throw new OptionError({
        what: `the model has no site ${JSON.stringify(site)}`,
        where: `${where}.representation`,
        hint: suggest(site, names),
      });
}

/**
 * @param where what messages call the options
 * @throws ModelError, OptionError, BackendError
 */
export async function openGraph(read: ReadGraph, options: OpenOptions, where: string): Promise<Model> {
  const { path, bytes, external, graph, inputs, dependent } = read;
  const { threads = 1, optimisation = 'none' } = options;
  const files = [bytes, ...external.map(({ data }) => data)] as const;
  const editor = new Editor(graph, fileIndices(external), path);
  const made = { editor, files, weightBytes: weightBytes(graph), threads, where: path };
  const sessions = new Sessions(made);
  let untouched: OrtSession | undefined;
  try {
    const odd = oddSizes(read);
    const probed = await firstRuns(read, made, odd, options);
    const answer = chooseAnswer(graph, probed, options.output, path);
    const { sites, views } = chosenSites(defaultSites(graph, probed), options.sites ?? {}, probed, where);
    const layers = layersOf(graph, dependent, probed.places, answer);
    const parts = options.parts ? chosenParts(sites, options.parts, where) : defaultParts(graph, layers, sites);
    checkRepresentation(
      sites.map((site) => site.name),
      options.representation ?? [],
      where,
    );
    const replaceable = (names: readonly string[]) =>
      new Map(names.filter((name) => graph.producer.has(name)).map((name) => [name, probed.places.get(name)!.type]));
    sessions.expect(
      replaceable([...parts.map((part) => part.site), ...layers.map(({ site }) => site)]),
      replaceable(sites.map(({ name }) => name)),
    );
    if (optimisation === 'all' && graph.outputs.some((output) => output.name === answer))
      untouched = await optimisedSession(read, made);
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
      steps: odd.steps,
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
    return patchEngineModel({
      name: options.name,
      kind: 'onnx',
      fingerprint: fingerprintOf(bytes, external),
      computes: exactKey([answer, threads, optimisation, options.sites]),
      backend: {
        name: 'onnxruntime',
        description: `onnxruntime-node ${await ortVersion()}, cpu, ${threads === 1 ? '1 thread' : `${threads} threads`}`,
      },
      sites,
      parts,
      representationSites: options.representation ?? (layers.length > 0 ? layers.map(({ site }) => site) : [answer]),
      tokenizer: options.tokenizer,
      absent: absentOf(graph, dependent, probed),
      batchSize:
        options.batchSize ?? Math.max(1, Math.min(mostRows, Math.floor(batchBytes / Math.max(1, probed.rowBytes)))),
      engine,
    });
  } catch (error) {
    await sessions.forget();
    void untouched?.release();
    throw error;
  }
}
