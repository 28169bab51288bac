// Forward passes with every residual site captured, 200 inputs of 16 tokens, beside plain onnxruntime-node on the same graph without captures. One
// thread, every measurement in a process of its own.
//   npm run build && node lab/bench/forward.mjs [size] [repeats]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sizes, weightsOf } from './forward/models.mjs';
import { writeOnnx } from './forward/onnx-graph.mjs';

const [only, repeats = '3'] = process.argv.slice(2);
if (only !== undefined && !(only in sizes)) {
  console.error(`there is no size ${JSON.stringify(only)}: give one of ${Object.keys(sizes).join(', ')}`);
  process.exit(2);
}
const here = fileURLToPath(new URL('forward', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'congruity-forward-'));
try {
  console.log(
    '| model | kind | open, s | first run, s | best of the others, s | against plain | processor, s | against plain | peak MB |\n|---|---|---|---|---|---|---|---|---|',
  );
  for (const [index, [size, config]] of Object.entries(sizes).entries()) {
    if (only !== undefined && only !== size) continue;
    await writeOnnx(join(folder, `${index}.onnx`), config, weightsOf(config));
    let plain;
    const kinds = [
      'onnxruntime-node, plain',
      'onnx',
      'transformer, wasm',
      ...(config.d_vocab > 1000 ? [] : ['tfjs layers, wasm']),
      ...(config.d_model > 64 ? [] : ['transformer, cpu']),
    ];
    for (const kind of kinds) {
      const { stdout, stderr, status } = spawnSync(
        process.execPath,
        [join(here, 'run.mjs'), kind, size, folder, repeats],
        { encoding: 'utf8', maxBuffer: 1 << 24 },
      );
      if (status !== 0) throw new Error(`${kind}, ${size}: ${stderr}`);
      const { opened, first, best, processor, peakMB } = JSON.parse(stdout.trim().split('\n').at(-1));
      plain ??= { best, processor };
      console.log(
        `| ${size} | ${kind} | ${opened.toFixed(2)} | ${first.toFixed(3)} | ${best.toFixed(3)} | ${(best / plain.best).toFixed(2)} | ${processor.toFixed(3)} | ${(processor / plain.processor).toFixed(2)} | ${peakMB} |`,
      );
    }
    rmSync(join(folder, `${index}.onnx`));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
