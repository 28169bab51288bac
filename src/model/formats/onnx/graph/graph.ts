/** The graph of an ONNX file, checked: who makes what, in which order, from what. */
import { ModelError } from '../../../../errors.js';
import {
  functionKey,
  show,
  type LocalFunction,
  type Node,
  type OnnxFile,
  type TensorProto,
  type ValueInfo,
} from '../file/messages.js';

export interface Graph {
  readonly file: OnnxFile;
  /** in an order in which they can be computed; that of the file, where it is one */
  readonly nodes: readonly Node[];
  readonly initializers: ReadonlyMap<string, TensorProto>;
  /** names of all initializers, sparse ones included */
  readonly constants: ReadonlySet<string>;
  /** what must be fed: declared inputs without a value of their own */
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  /** the node that makes a tensor */
  readonly producer: ReadonlyMap<string, Node>;
  /** the nodes that read a tensor, in order */
  readonly consumers: ReadonlyMap<string, readonly Node[]>;
  /** what the file says of tensors inside */
  readonly declared: ReadonlyMap<string, ValueInfo>;
}

/** Functions are written out where they are called: one that calls another twice, and so on, must not become endless. */
const mostWrittenOut = 1_000_000;

export const nodeWords = (node: Node): string =>
  `node ${show(node.name || (node.outputs.find((output) => output !== '') ?? ''))} (${node.op})`;

class Checker {
  constructor(
    private readonly file: OnnxFile,
    private readonly where: string,
  ) {}

  private fail(what: string, hint = 'the file is damaged, or its exporter is at fault: export the model anew'): never {
    throw new ModelError({ what, where: this.where, hint });
  }

  graph(): Graph {
    const { file } = this;
    const initializers = new Map<string, TensorProto>();
    const constants = new Set<string>();
    for (const { name } of [...file.initializers, ...file.sparse]) {
      if (name === '') this.fail('an initializer has no name');
      if (constants.has(name)) this.fail(`two initializers are called ${show(name)}`);
      constants.add(name);
    }
    for (const tensor of file.initializers) initializers.set(tensor.name, tensor);
    const declaredInputs = new Set<string>();
    for (const { name } of file.inputs) {
      if (declaredInputs.has(name)) this.fail(`two inputs are called ${show(name)}`);
      declaredInputs.add(name);
    }
    const producer = new Map<string, Node>();
    for (const node of file.nodes) {
      this.checkSubgraph(node);
      for (const output of node.outputs) {
        if (output === '') continue;
        if (producer.has(output)) this.fail(`two nodes make the tensor ${show(output)}`);
        if (constants.has(output) || declaredInputs.has(output))
          this.fail(`${nodeWords(node)} makes ${show(output)}, which is an input or an initializer`);
        producer.set(output, node);
      }
    }
    const consumers = new Map<string, Node[]>();
    const exists = (name: string): boolean => producer.has(name) || constants.has(name) || declaredInputs.has(name);
    for (const node of file.nodes) {
      for (const input of new Set(node.inputs)) {
        if (input === '') continue;
        if (!exists(input)) this.fail(`${nodeWords(node)} reads the tensor ${show(input)}, which nothing makes`);
        const there = consumers.get(input);
        if (there) there.push(node);
        else consumers.set(input, [node]);
      }
    }
    if (file.outputs.length === 0) this.fail('the graph has no outputs');
    const outputs = new Set<string>();
    for (const { name } of file.outputs) {
      if (!exists(name)) this.fail(`the output ${show(name)} is made by nothing`);
      if (outputs.has(name)) this.fail(`two outputs are called ${show(name)}`);
      outputs.add(name);
    }
    this.checkFunctions();
    return {
      file,
      nodes: this.order(producer),
      initializers,
      constants,
      inputs: file.inputs.filter(({ name }) => !constants.has(name)),
      outputs: file.outputs,
      producer,
      consumers,
      declared: new Map([...file.valueInfo, ...file.outputs, ...file.inputs].map((info) => [info.name, info])),
    };
  }

  private checkSubgraph(node: Node): void {
    if (node.subgraph !== undefined)
      this.fail(
        `${nodeWords(node)} holds a graph of its own (attribute ${show(node.subgraph)}): sub-graphs, as of If, Loop and Scan, are not supported`,
        'export the model without control flow: trace it with an example input, unroll its loops, or cut it before that node',
      );
  }

  /** Nodes sorted so that every tensor is made before it is read; as close to the file's order as that allows. */
  private order(producer: ReadonlyMap<string, Node>): Node[] {
    const { nodes } = this.file;
    const position = new Map(nodes.map((node, i) => [node, i]));
    const readers = new Map<Node, Node[]>();
    const waiting = nodes.map((node) => {
      const makers = new Set(node.inputs.map((input) => producer.get(input)).filter((maker) => maker !== undefined));
      for (const maker of makers) {
        const list = readers.get(maker);
        if (list) list.push(node);
        else readers.set(maker, [node]);
      }
      return makers.size;
    });
    const sorted: Node[] = [];
    const ready: Node[] = nodes.filter((_, i) => waiting[i] === 0).toReversed();
    while (ready.length > 0) {
      const node = ready.pop()!;
      sorted.push(node);
      for (const reader of (readers.get(node) ?? []).toReversed())
        if (--waiting[position.get(reader)!]! === 0) ready.push(reader);
    }
    if (sorted.length < nodes.length) {
      const stuck = nodes.find((_, i) => waiting[i]! > 0)!;
      this.fail(`the graph runs in a circle: ${nodeWords(stuck)} waits for what is made from its own output`);
    }
    return this.inFileOrder(nodes, producer) ? [...nodes] : sorted;
  }

  private inFileOrder(nodes: readonly Node[], producer: ReadonlyMap<string, Node>): boolean {
    const done = new Set<Node>();
    return nodes.every((node) => {
      done.add(node);
      return node.inputs.every((input) => {
        const maker = producer.get(input);
        return maker === undefined || done.has(maker);
      });
    });
  }

  /** Functions of the model itself: none may hold graphs, call itself, or grow beyond bounds when written out. */
  private checkFunctions(): void {
    const { functions } = this.file;
    if (functions.length === 0) return;
    const byKey = new Map<string, LocalFunction>();
    for (const one of functions) {
      if (byKey.has(one.key)) this.fail(`two functions are called ${show(one.key.trim())}`);
      byKey.set(one.key, one);
      one.nodes.forEach((node) => this.checkSubgraph(node));
    }
    const called = (nodes: readonly Node[]) =>
      nodes.map((node) => byKey.get(functionKey(node.domain, node.op, node.overload)));
    const sizes = new Map<LocalFunction, number>();
    const open = new Set<LocalFunction>();
    // depth first without recursion: a chain of calls may be long
    for (const root of functions) {
      const stack: LocalFunction[] = [root];
      while (stack.length > 0) {
        const top = stack.at(-1)!;
        if (sizes.has(top)) {
          stack.pop();
          continue;
        }
        const callees = called(top.nodes).filter((callee) => callee !== undefined);
        open.add(top);
        const pending = callees.find((callee) => !sizes.has(callee));
        if (pending === undefined) {
          sizes.set(top, top.nodes.length + callees.reduce((sum, callee) => sum + sizes.get(callee)!, 0));
          open.delete(top);
          stack.pop();
        } else {
          if (open.has(pending)) this.fail(`the function ${show(pending.key.trim())} calls itself`);
          if (stack.length > 100) this.fail('functions call each other more than 100 deep');
          stack.push(pending);
        }
      }
    }
    const total = called(this.file.nodes).reduce((sum, callee) => sum + (callee ? sizes.get(callee)! : 0), 0);
    if (total > mostWrittenOut)
      this.fail(
        `the functions of the model come to ${total} nodes when they are written out`,
        `at most ${mostWrittenOut} are read`,
      );
  }
}

/**
 * Checks a graph as a whole.
 * @throws ModelError for names given twice or made by nothing, circles, sub-graphs, and functions that call themselves
 */
export const checkGraph = (file: OnnxFile, where: string): Graph => new Checker(file, where).graph();

/** The nodes and tensors that some tensors are computed from. A tensor in `given` is not computed. */
export function ancestors(
  graph: Graph,
  wanted: Iterable<string>,
  given: ReadonlySet<string>,
): { nodes: ReadonlySet<Node>; tensors: ReadonlySet<string> } {
  const nodes = new Set<Node>();
  const tensors = new Set<string>();
  const stack = [...wanted];
  while (stack.length > 0) {
    const name = stack.pop()!;
    if (name === '' || tensors.has(name)) continue;
    tensors.add(name);
    const node = given.has(name) ? undefined : graph.producer.get(name);
    if (node === undefined || nodes.has(node)) continue;
    nodes.add(node);
    stack.push(...node.inputs);
  }
  return { nodes, tensors };
}
