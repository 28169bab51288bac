// What train.py is asked for, and the gate that a release of it has to pass:
//   npx congruity export-inputs --config examples/python-training/congruity.config.ts --out inputs.safetensors
//   npx congruity gate examples/python-training/congruity.config.ts
import { defineConfig } from 'congruity/suites';
import { addition } from '../modular-addition/congruity.config';

export default defineConfig({
  gates: [
    {
      name: 'trained further',
      baseline: '../modular-addition/models/released.safetensors',
      candidate: '../modular-addition/models/finetuned.safetensors',
      task: addition,
      options: { inputs: 200, budget: { draws: 16 } },
    },
  ],
});
