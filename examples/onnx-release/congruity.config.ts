// Two consecutive releases of a deployed model, gated on slices of real files. The change log of v3_3 says that one slice changed on purpose:
// "Better dataset balance between javascript vs. typescript".
//   npx congruity gate examples/onnx-release/congruity.config.ts
import { defineConfig } from 'congruity/suites';
import { magika } from './magika';
import { slices } from './slices';

const gates = Object.entries(slices()).map(([name, task]) => ({
  name,
  baseline: () => magika('v3_2'),
  candidate: () => magika('v3_3'),
  task,
  // each planted change would be judged by a comparison as long as the gate itself
  options: { inputs: 200, power: false },
}));

export default defineConfig({ gates });
