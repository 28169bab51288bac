/** Which tensor is read as logits, and which names of the graph are no sites. */
import { ModelError, OptionError } from '../../../../errors.js';
import { isFloat } from '../file/element-types.js';
import { answers, beforeSoftmax } from './graph-analysis.js';
import type { Graph } from './graph.js';
import type { Probed } from './tensor-place.js';

/** Names in the graph that are no sites, and why. */
export function absentOf(graph: Graph, dependent: ReadonlySet<string>, probed: Probed): ReadonlyMap<string, string> {
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
export function chooseAnswer(graph: Graph, probed: Probed, wanted: string | undefined, where: string): string {
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
