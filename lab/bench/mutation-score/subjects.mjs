// The models that are mutated, each with the claims about its circuit that are true of it.
const p = 43;

/** The three claims about a circuit, one by one: a mutant may break one and leave another undecided. @param parts options about the necessity of parts */
const threeOf = ({ circuit, by }, parts = {}) =>
  ['toHaveSufficientCircuit', 'toHaveNecessaryCircuit', 'toHaveMinimalCircuit'].map((matcher) => ({
    matcher,
    circuit,
    options: { by, ...(matcher !== 'toHaveSufficientCircuit' && parts) },
  }));

/** @param library what the sources give; @param example the loader of a model of the modular-addition example */
export function subjects(
  { accuracy, backupOf, components, copyAndCompareOf, findCircuit, inductionOf, pairs, range, task },
  example,
) {
  const known = ({ name, model, task: on, by }, claims) => ({
    name,
    open: async () => ({ model: await model('wasm'), others: [], on, set: { by }, claims }),
  });
  const [copyAndCompare, induction, backup] = [copyAndCompareOf(8), inductionOf(5), backupOf(8)];
  const heads = backup.circuits.flat();
  return [
    {
      name: 'modular addition',
      async open() {
        const model = await example('released');
        const addition = (atLeast) =>
          task({
            name: `addition mod ${p}`,
            inputs: pairs(range(p), range(p)),
            behaviour: accuracy(([a, b]) => (a + b) % p),
            threshold: { atLeast },
          });
        const on = addition(0.99);
        // its neurons have no sharp circuit: many carry the answer together. What is true: every head is needed, and what findCircuit found suffices on average. Found at a stricter threshold
        // than it is claimed at: as much as the claim allows would be at its edge, where the slightest change refutes it
        const found = await findCircuit(model, addition(0.999), on.examples(on.size, 0), {
          over: 'heads+neurons',
          by: 'mean',
          seed: 0,
        });
        const circuit = found.circuit.map(({ name }) => name);
        const all = components(model, 'heads').map(({ name }) => name);
        return {
          model,
          others: [await example('constant-attention'), await example('retrained')],
          kin: await Promise.all(['quantised', 'finetuned', 'finetuned-further'].map(example)),
          on,
          claims: [
            { matcher: 'toHaveNecessaryCircuit', circuit: all, options: {} },
            { matcher: 'toHaveSufficientCircuit', circuit, options: { by: 'mean', judge: 'mean' } },
          ],
          words: `each of the ${all.length} heads is necessary; the ${circuit.length} of ${circuit.length + found.free.length} components that findCircuit keeps at accuracy 0.999 suffice for 0.99, the others at their mean`,
        };
      },
    },
    // a neuron for one of 8 tokens matters for 2 of 64 pairs of an input and another: 3.1 %, below the default effect of 5 %
    known(copyAndCompare, threeOf(copyAndCompare, { effect: 0.01, draws: 4000 })),
    known(induction, threeOf(induction)),
    // either head suffices, so that neither circuit is minimal: that is a claim as well
    known(
      backup,
      heads.flatMap((head) => [
        { matcher: 'toHaveSufficientCircuit', circuit: [head], options: { by: backup.by } },
        { matcher: 'toHaveMinimalCircuit', circuit: [head], options: { by: backup.by }, fails: true },
      ]),
    ),
  ];
}
