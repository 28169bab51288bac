// AdamW (Loshchilov and Hutter 2019): Adam with weight decay taken off the weights themselves, not through the gradient.

/**
 * @param {Record<string, Float32Array>} weights changed in place by `step`
 * @returns `step(gradients, learningRate)`, gradients by the same names
 */
export function adamw(weights, { beta1 = 0.9, beta2 = 0.98, epsilon = 1e-8, weightDecay }) {
  const moments = Object.fromEntries(
    Object.entries(weights).map(([name, w]) => [
      name,
      { m: new Float64Array(w.length), v: new Float64Array(w.length) },
    ]),
  );
  let steps = 0;
  return {
    step(gradients, learningRate) {
      steps++;
      const correct1 = 1 - beta1 ** steps;
      const correct2 = 1 - beta2 ** steps;
      for (const [name, w] of Object.entries(weights)) {
        const g = gradients[name];
        const { m, v } = moments[name];
        for (let i = 0; i < w.length; i++) {
          m[i] = beta1 * m[i] + (1 - beta1) * g[i];
          v[i] = beta2 * v[i] + (1 - beta2) * g[i] * g[i];
          w[i] =
            w[i] * (1 - learningRate * weightDecay) -
            (learningRate * (m[i] / correct1)) / (Math.sqrt(v[i] / correct2) + epsilon);
        }
      }
    },
  };
}
