/** What a GraphDef consists of, checked: nothing in it is believed. */
import { ModelError } from '../../../../errors.js';
import type { GraphDef, GraphDefNode, Signature } from './types.js';

/** A tensor: an output of a node that depends on the model's inputs. */
export interface GraphValue {
  /** the node's name; `name:k` for its k-th output, k > 0 */
  readonly name: string;
  readonly node: string;
  readonly index: number;
}

export interface GraphPlan {
  readonly nodes: ReadonlyMap<string, GraphDefNode>;
  /** in an order in which they can be computed */
  readonly order: readonly GraphDefNode[];
  /** names of placeholders */
  readonly inputs: readonly string[];
  /** in the order of computation */
  readonly values: readonly GraphValue[];
  /** data inputs of a node, as (node, output) */
  readonly inputsOf: (node: GraphDefNode) => readonly { readonly node: string; readonly index: number }[];
  /** nodes that depend on an input of the model */
  readonly depends: ReadonlySet<string>;
  /** names of values that are the model's outputs */
  readonly outputs: readonly string[];
}

const maxNodes = 100_000;

const controlFlow = new Set([
  'Switch',
  'Merge',
  'Enter',
  'Exit',
  'NextIteration',
  'LoopCond',
  'If',
  'StatelessIf',
  'While',
  'StatelessWhile',
  'PartitionedCall',
  'StatefulPartitionedCall',
]);
const byValue = new Set([
  'NonMaxSuppressionV2',
  'NonMaxSuppressionV3',
  'NonMaxSuppressionV4',
  'NonMaxSuppressionV5',
  'Where',
  'Unique',
  'UniqueV2',
]);

function refuse(op: string): string | undefined {
  if (controlFlow.has(op) || /^Tensor(Array|List)/.test(op))
    return 'control flow: it decides while it runs what it computes';
  if (byValue.has(op)) return 'an output whose size depends on the values, so that rows cannot be told apart';
  if (/HashTable|LookupTable|^Variable|^VarHandle|^Assign/.test(op))
    return 'a table or variable that lives outside the graph';
  if (/Random|Multinomial|^Dropout/.test(op)) return 'random numbers';
  return undefined;
}

const positive = new Set(['strides', 'ksize', 'dilations', 'rates', 'block_size']);

/** tfjs's kernels trust the numbers that decide about sizes. */
function checkAttributes({ name, attr }: GraphDefNode, fail: (what: string) => never | void): void {
  if (attr !== undefined && (typeof attr !== 'object' || attr === null || Array.isArray(attr)))
    fail(`the attributes of the node ${name} are no object`);
  for (const [key, value] of Object.entries(attr ?? {})) {
    if (typeof value !== 'object' || value === null) {
      fail(`the attribute ${key} of the node ${name} is ${JSON.stringify(value)}`);
      continue;
    }
    const { i, list } = value as { i?: unknown; list?: { i?: unknown } | null };
    const inside = list?.i;
    for (const number of [
      ...(i === undefined || i === null ? [] : [i]),
      ...(Array.isArray(inside) ? (inside as unknown[]) : inside === undefined || inside === null ? [] : [inside]),
    ]) {
      const text = typeof number === 'number' || typeof number === 'string' ? String(number) : '';
      if (!/^-?\d{1,15}$/.test(text) || (positive.has(key) && !(Number(text) >= 1 && Number(text) < 2 ** 31)))
        fail(`the attribute ${key} of the node ${name} holds ${JSON.stringify(number)?.slice(0, 80)}`);
    }
  }
}

const parse = (input: string): { node: string; index: number } | undefined => {
  const parts = input.split(':');
  const index = parts.length === 1 ? 0 : Number(parts[1]);
  return parts.length > 2 || !Number.isInteger(index) || index < 0 ? undefined : { node: parts[0]!, index };
};

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

/**
 * @param known whether tfjs has an operation of this name
 * @throws ModelError
 */
export function graphPlan(
  graph: GraphDef,
  signature: Signature | undefined,
  known: (op: string) => boolean,
  model: string,
): GraphPlan {
  const fail = (
    what: string,
    hint = 'the model is damaged or was not made by the tfjs converter: convert it anew',
  ): never => {
    throw new ModelError({ what, where: `model ${model}`, hint });
  };
  const list: unknown = graph?.node;
  if (!Array.isArray(list) || list.length === 0) fail('the graph has no nodes');
  if ((list as unknown[]).length > maxNodes)
    fail(`the graph has ${(list as unknown[]).length} nodes, more than ${maxNodes}`);
  const nodes = new Map<string, GraphDefNode>();
  for (const node of list as GraphDefNode[]) {
    if (typeof node !== 'object' || node === null || !isText(node.name) || !isText(node.op))
      fail('a node of the graph has no name or no op');
    if (node.name.includes(':') || node.name.startsWith('^') || node.name in {})
      fail(`a node is called ${JSON.stringify(node.name)}`);
    if (nodes.has(node.name)) fail(`two nodes are called ${JSON.stringify(node.name)}`);
    if (node.input !== undefined && (!Array.isArray(node.input) || !node.input.every(isText)))
      fail(`the inputs of the node ${node.name} are not a list of names`);
    checkAttributes(node, fail);
    const reason = refuse(node.op);
    if (reason !== undefined)
      fail(
        `the node ${node.name} (${node.op}) has ${reason}`,
        'such graphs are not supported: convert the part that computes the answer, without it',
      );
    if (!known(node.op))
      fail(
        `tfjs knows no operation ${JSON.stringify(node.op)} (node ${node.name})`,
        'custom operations are not run from a file: build the model in your own code and use tfjsModel, or convert it without them',
      );
    nodes.set(node.name, node);
  }

  const cached = new Map<string, readonly { readonly node: string; readonly index: number }[]>();
  const after = new Map<string, string[]>();
  const waiting = new Map<string, number>();
  for (const { name, input = [] } of nodes.values()) {
    const refs = input.map((text) => {
      const ref = text.startsWith('^') ? { node: text.slice(1), index: -1 } : parse(text);
      if (ref === undefined || !nodes.has(ref.node))
        fail(`the node ${name} reads ${JSON.stringify(text)}, which is not there`);
      return ref!;
    });
    waiting.set(name, refs.length);
    for (const { node } of refs) {
      const there = after.get(node);
      if (there) there.push(name);
      else after.set(node, [name]);
    }
    cached.set(
      name,
      refs.filter(({ index }) => index >= 0),
    );
  }
  const order: GraphDefNode[] = [];
  const ready = [...nodes.keys()].filter((name) => waiting.get(name) === 0);
  for (let at = 0; at < ready.length; at++) {
    order.push(nodes.get(ready[at]!)!);
    for (const next of after.get(ready[at]!) ?? []) {
      const left = waiting.get(next)! - 1;
      waiting.set(next, left);
      if (left === 0) ready.push(next);
    }
  }
  if (order.length < nodes.size) fail('nodes of the graph wait for each other in a circle');

  const inputs = order.filter(({ op }) => op === 'Placeholder').map(({ name }) => name);
  if (inputs.length === 0) fail('the graph has no inputs');
  const depends = new Set<string>();
  for (const { name, op } of order)
    if (op === 'Placeholder' || cached.get(name)!.some(({ node }) => depends.has(node))) depends.add(name);

  const used = new Map<string, Set<number>>([...depends].map((name) => [name, new Set([0])]));
  for (const refs of cached.values()) for (const { node, index } of refs) used.get(node)?.add(index);
  const declared = Object.values(signature?.outputs ?? {}).map(({ name }) => (isText(name) ? parse(name) : undefined));
  for (const ref of declared) {
    if (ref === undefined || !nodes.has(ref.node)) fail('the signature names an output that is not in the graph');
    used.get(ref!.node)?.add(ref!.index);
  }
  const nameOf = (node: string, index: number): string => (index === 0 ? node : `${node}:${index}`);
  const values = order
    .filter(({ name, op }) => depends.has(name) && op !== 'NoOp')
    .flatMap(({ name }) =>
      [...used.get(name)!]
        .toSorted((a, b) => a - b)
        .map((index): GraphValue => ({ name: nameOf(name, index), node: name, index })),
    );
  const ends =
    declared.length > 0
      ? declared.map((ref) => nameOf(ref!.node, ref!.index))
      : values.filter(({ node }) => !after.has(node)).map(({ name }) => name);
  return {
    nodes,
    order,
    inputs,
    values,
    inputsOf: ({ name }) => cached.get(name)!,
    depends,
    outputs: [...new Set(ends)],
  };
}
