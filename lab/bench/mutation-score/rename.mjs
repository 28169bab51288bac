// What the components of a circuit are called after a symmetry has moved them: `blocks.0.attn.head.3` → `blocks.0.attn.head.4`.

const what = {
  'permute heads': 'attn.head',
  'permute neurons': 'mlp.neuron',
  'add heads': 'attn.head',
  'add neurons': 'mlp.neuron',
  'remove heads': 'attn.head',
  'remove neurons': 'mlp.neuron',
};

/** Where one index of a layer goes: two places where it is split. */
function moved(step, layer, index) {
  if ('swaps' in step)
    return step.layer === layer
      ? [step.swaps.reduce((at, [a, b]) => (at === a ? b : at === b ? a : at), index)]
      : [index];
  const own = step.layers[layer];
  if ('how' in own) {
    const after = index >= own.at ? index + 1 : index;
    return own.how === 'split' && own.of === index ? [after, own.at] : [after];
  }
  const gone = 'drop' in own ? own.drop : own.merge[1];
  const kept = 'merge' in own && index === gone ? own.merge[0] : index;
  return [kept > gone ? kept - 1 : kept];
}

/** @returns the names of a circuit's components after the steps, each once */
export function renamed(circuit, steps) {
  let names = [...circuit];
  for (const step of steps) {
    const kind = what[step.kind];
    if (kind === undefined) continue;
    names = names.flatMap((name) => {
      const [, layer, of, index] = /^blocks\.(\d+)\.(attn\.head|mlp\.neuron)\.(\d+)$/.exec(name);
      return of === kind
        ? moved(step, Number(layer), Number(index)).map((at) => `blocks.${layer}.${of}.${at}`)
        : [name];
    });
  }
  return [...new Set(names)];
}

/** True where a step splits one component in two or makes one of two: what was necessary alone may not be any more, or the other way round. */
export const changesParts = (steps) =>
  steps.some(({ layers }) => layers?.some((own) => own.how === 'split' || 'merge' in own));
