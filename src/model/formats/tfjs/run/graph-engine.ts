/** A GraphModel as an engine. */
import * as tf from '@tensorflow/tfjs-core';
import { isCongruityError, ModelError, OptionError } from '../../../../errors.js';
import { suggest } from '../../../../options.js';
import type { PassResult } from '../../../patch-engine.js';
import type { ModelInput } from '../../../input.js';
import { graphPlan } from '../graph/graph-plan.js';
import { graphOutputKind, graphParts, graphRepresentation, graphSites, vocabularies } from '../graph/graph-sites.js';
import { checkInput, feed, type InputSpec } from '../graph/inputs.js';
import type { Offered, Within } from './layers-engine.js';
import { checkSizes, limited } from './limits.js';
import { logitsOf } from './logits.js';
import type { TfjsOptions } from '../file/options.js';
import { openConverter } from './optional-imports.js';
import { probe } from './probe.js';
import { readAll } from './read.js';
import { runTapped, tap } from './taps.js';
import type { GraphModel } from '../graph/types.js';
import { entriesOf } from '../../../../shape.js';

/** What the graph takes. The batch is the first axis; a graph made for batches of one runs row by row. */
function specsOf(
  model: GraphModel,
  inputs: readonly string[],
  tables: ReadonlyMap<string, number>,
  name: string,
): { specs: InputSpec[]; single: boolean } {
  const keys = new Map(
    Object.entries(model.modelSignature?.inputs ?? {}).map(([key, { name: tensor }]) => [
      String(tensor).split(':')[0]!,
      key,
    ]),
  );
  const firsts = new Set<number>();
  const specs = inputs.map((node): InputSpec => {
    const { shape, dtype } = model.executor.graph.nodes[node]!.attrParams;
    const whole = shape?.value as readonly number[] | undefined;
    const type = dtype?.value ?? 'float32';
    if (type !== 'float32' && type !== 'int32' && type !== 'bool')
      throw new ModelError({
        what: `the input ${node} is of type ${String(type)}`,
        where: `model ${name}`,
        hint: 'inputs are numbers: leave the part that reads text out of the model',
      });
    if (whole !== undefined) {
      if (!Array.isArray(whole) || whole.length === 0 || !whole.every((size) => Number.isInteger(size)))
        throw new ModelError({
          what: `the input ${node} has no batch axis`,
          where: `model ${name}`,
          hint: 'convert the model with inputs [batch, ...]',
        });
      firsts.add(whole[0]!);
    }
    const vocabulary = tables.get(node);
    return {
      name: keys.get(node) ?? node,
      shape: whole?.slice(1),
      dtype: type,
      ...(vocabulary === undefined ? {} : { vocabulary }),
    };
  });
  const fixed = [...firsts].filter((size) => size !== -1);
  if (fixed.some((size) => size !== 1) || (fixed.length > 0 && firsts.size > 1))
    throw new ModelError({
      what: `the inputs have batches of ${[...firsts].join(' and ')}`,
      where: `model ${name}`,
      hint: 'convert the model with a batch axis of any size',
    });
  return { specs, single: fixed.length > 0 };
}

/**
 * @param example an input the graph runs on, where made-up ones do not do
 * @throws ModelError for a graph with control flow, unknown operations, or none of whose outputs belongs to single rows
 * @throws OptionError for an output that is not there
 */
export function graphEngine(
  model: GraphModel,
  name: string,
  options: TfjsOptions & { readonly example?: ModelInput | undefined },
  within: Within,
): Offered {
  const known = (op: string): boolean => op === 'Const' || op === 'NoOp' || categories.get(op) === true;
  const categories = new Map(
    Object.values(model.executor.graph.nodes).map(({ op, category }) => [op, category !== undefined]),
  );
  if (Object.keys((model.artifacts.modelInitializer as object | undefined) ?? {}).length > 0)
    throw new ModelError({
      what: 'the model fills tables before it runs',
      where: `model ${name}`,
      hint: 'such graphs are not supported: convert the part that computes the answer, without it',
    });
  const plan = graphPlan(model.artifacts.modelTopology, model.modelSignature, known, name);
  for (const { name: node, op } of plan.order)
    if (op === 'Const' && !Object.hasOwn(model.weights, node))
      throw new ModelError({
        what: `there is no weight for the constant ${node}`,
        where: `model ${name}`,
        hint: 'the manifest does not belong to this graph: convert the model anew',
      });
  within(() => checkSizes(plan, model.weights, name));
  const tables = vocabularies(plan, (constant) => model.weights[constant]?.[0]?.shape[0]);
  const { specs, single } = specsOf(model, plan.inputs, tables, name);
  // one of our own says itself what to do
  const didNotRun = (cause: unknown, hint: string): Error =>
    isCongruityError(cause)
      ? cause
      : new ModelError({
          what: `the model did not run: ${cause instanceof Error ? cause.message : String(cause)}`,
          where: `model ${name}`,
          hint,
          cause,
        });

  const fed = (rows: readonly ModelInput[]): Record<string, tf.Tensor> => {
    const tensors = feed(rows, specs);
    return Object.fromEntries(plan.inputs.map((node, i) => [node, tensors[i]!]));
  };
  const plain = (rows: readonly ModelInput[], names: readonly string[]): tf.Tensor[] =>
    within(() =>
      tf.tidy(() => {
        if (single && rows.length > 1)
          return names.map((_, i) =>
            tf.concat(
              rows.map((row) => plain([row], [names[i]!])[0]!),
              0,
            ),
          );
        // with their number, names are never taken for keys of the signature
        const keyed = Object.fromEntries(Object.entries(fed(rows)).map(([node, tensor]) => [`${node}:0`, tensor]));
        const found = limited(() =>
          model.execute(
            keyed,
            names.map((value) => (value.includes(':') ? value : `${value}:0`)),
          ),
        );
        return (Array.isArray(found) ? found : [found]).map((tensor) => tf.clone(tensor));
      }),
    );
  if (options.example !== undefined) checkInput(options.example, specs, 'option example');
  let shapes: Map<string, number[]>;
  try {
    // a token that is replaced could point outside its table
    shapes = probe(
      specs,
      plan.values.filter(({ node }) => !tables.has(node)).map((value) => value.name),
      plain,
      options.example,
    );
  } catch (cause) {
    throw didNotRun(
      cause,
      'it was tried on a made-up input: give one that it runs on as the option example; another backend (option backend) may have an operation that is missing',
    );
  }

  const sites = graphSites(plan, shapes, new Set(tables.keys()));
  const index = new Map(plan.values.map((value, i) => [value.name, i]));
  const answers = plan.outputs.filter((output) => shapes.has(output));
  const answer = (): string => {
    const known = Object.entries(model.modelSignature?.outputs ?? {})
      .find(([key]) => key === options.output)?.[1]
      .name.replace(/:0$/, '');
    const asked = options.output === undefined || shapes.has(options.output) ? options.output : known;
    if (options.output !== undefined && (asked === undefined || !shapes.has(asked)))
      throw new OptionError({
        what: `the model has no site ${JSON.stringify(options.output)}`,
        where: `model ${name}, option output`,
        hint: suggest(options.output, [...shapes.keys()]),
      });
    if (asked !== undefined) return asked;
    if (answers.length === 1) return answers[0]!;
    if (answers.length === 0)
      throw new ModelError({
        what: 'no output of the model is a float32 tensor of single rows of a batch',
        where: `model ${name}`,
        hint: 'the first axis of inputs and outputs must be the batch',
      });
    throw new OptionError({
      what: `the model has ${answers.length} outputs: ${answers.join(', ')}`,
      where: `model ${name}`,
      hint: 'say which is the answer: the option output',
    });
  };
  const output = answer();
  const kind = options.outputIs ?? graphOutputKind(plan, output, shapes.get(output)!);

  /** taps behind all that was ever touched: a copy of a tensor each, which wasm really makes, so only there */
  const touched = new Set<number>();
  let tapped: GraphModel | undefined;
  const tappedFor = async (values: readonly number[]): Promise<GraphModel> => {
    const converter = await openConverter();
    if (tapped === undefined || values.some((value) => !touched.has(value))) {
      for (const value of values) touched.add(value);
      tapped = tap(model, plan, touched, converter);
    }
    return tapped;
  };
  /** [rows, ...site] of a tensor that may have several rows per row of the batch. */
  const unfolded = (
    site: string,
    rows: number,
    { shape, data }: { shape: number[]; data: Float32Array },
  ): { shape: number[]; data: Float32Array } => {
    const rank = shapes.get(site)!.length + 1;
    return { shape: shape.length === rank ? shape : [rows, shape[0]! / rows, ...shape.slice(1)], data };
  };
  return {
    sites,
    parts: graphParts(plan, sites, output),
    representation: graphRepresentation(plan, sites, output),
    engine: {
      check: (input, where) => checkInput(input, specs, where),
      async pass(rows, { capture, patches, logits }): Promise<PassResult> {
        const wanted = [...new Set([...capture, ...(logits ? [output] : [])])];
        const running = await tappedFor(
          [...wanted, ...patches.map(({ site }) => site)].map((site) => index.get(site)!),
        );
        /** A part of the rows: all of them, but for graphs made for one. */
        const some = async (
          from: number,
          to: number,
        ): Promise<Map<string, { shape: number[]; data: Float32Array }>> => {
          let kept: Map<number, tf.Tensor>;
          try {
            kept = within(() => {
              const inputs = tf.tidy(() => fed(rows.slice(from, to)));
              const cut = patches.map((patch) => {
                const size = entriesOf(patch.shape) / rows.length;
                const part =
                  from === 0 && to === rows.length
                    ? patch
                    : {
                        ...patch,
                        mask: patch.mask?.subarray(from * size, to * size),
                        values: patch.values.subarray(from * size, to * size),
                      };
                return [index.get(patch.site)!, part] as const;
              });
              try {
                return limited(() =>
                  runTapped(
                    running,
                    inputs,
                    wanted.map((site) => index.get(site)!),
                    new Map(cut),
                  ),
                );
              } finally {
                tf.dispose(inputs);
              }
            });
          } catch (cause) {
            throw didNotRun(cause, 'if it runs with model.execute on the same input, this is worth a report');
          }
          const read = await readAll(kept);
          return new Map(wanted.map((site) => [site, unfolded(site, to - from, read.get(index.get(site)!)!)]));
        };
        let whole: Map<string, { shape: number[]; data: Float32Array }>;
        if (!single || rows.length === 1) whole = await some(0, rows.length);
        else {
          const parts: Map<string, { shape: number[]; data: Float32Array }>[] = [];
          for (let row = 0; row < rows.length; row++) parts.push(await some(row, row + 1));
          whole = new Map(
            wanted.map((site) => {
              const { shape } = parts[0]!.get(site)!;
              const data = new Float32Array(rows.length * entriesOf(shape));
              parts.forEach((part, row) => data.set(part.get(site)!.data, row * entriesOf(shape)));
              return [site, { shape: [rows.length, ...shape.slice(1)], data }];
            }),
          );
        }
        return {
          activations: new Map(capture.map((site) => [site, whole.get(site)!])),
          ...(logits ? { logits: logitsOf(kind, whole.get(output)!) } : {}),
        };
      },
    },
  };
}
