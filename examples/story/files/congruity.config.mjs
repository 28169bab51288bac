import { defineConfig } from 'congruity/suites';
import { addition } from './addition.mjs';

const gate = (name, baseline, candidate) => ({
  name,
  // the old model is not at hand: its fingerprint is
  baseline: `baselines/step-${baseline}.safetensors`,
  candidate: `models/step-${candidate}.safetensors`,
  task: addition,
  options: { inputs: 60, budget: { draws: 16 }, alsoReport: [] },
});

export default defineConfig({
  gates: [gate('a step later', 3, 4), gate('the fourth step', 1, 4), gate('the last step', 1, 6)],
});
