import { defineConfig } from 'congruity/suites';
import { addition } from './addition.mjs';

const gate = (name, baseline, candidate) => ({
  name,
  // the old model is not at hand: its fingerprint is
  baseline: `baselines/step-${baseline}.safetensors`,
  candidate: `models/step-${candidate}.safetensors`,
  task: addition,
  // less than by default, so that all of it takes seconds
  options: { inputs: 100, budget: { draws: 24 }, splits: 1, bootstrap: 500, alsoReport: [], shrink: false },
});

export default defineConfig({
  gates: [gate('the fourth step', 1, 4), gate('the last step', 1, 6)],
});
