// What each model of the example is. Sizes, rates and seeds live here and nowhere else.

const size = { p: 43, dModel: 64, heads: 4, dHead: 16, dMlp: 256 };

// Rates, decay, betas, warm-up and the training share are those of Zhong et al. 2023 (20,000 steps there, modulo 59).
const scratch = { trainShare: 0.8, steps: 6000, learningRate: 1e-3, weightDecay: 2 };

const finetune = { from: 'finetune', of: 'released', trainShare: 0.8, weightDecay: 2, batchSize: 256, seed: 3 };

export const recipes = {
  released: { from: 'scratch', size: { ...size, attention: 'learned' }, ...scratch, seed: 1 },
  'constant-attention': { from: 'scratch', size: { ...size, attention: 'constant' }, ...scratch, seed: 1 },
  retrained: { from: 'scratch', size: { ...size, attention: 'learned' }, ...scratch, seed: 2 },
  quantised: { from: 'quantise', of: 'released' },
  // Both continue on shuffled mini-batches of another split, with a fresh optimiser: at a third of the rate, and at the full rate for longer.
  finetuned: { ...finetune, steps: 500, learningRate: 3e-4 },
  'finetuned-further': { ...finetune, steps: 800, learningRate: 1e-3 },
};
