// Compiles kernel.as.ts into wasm.ts (base64). `node src/tensor/kernels/build.mjs [output]`; a test checks that the committed file is current.
import { writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { main } from 'assemblyscript/asc';

const here = fileURLToPath(new URL('.', import.meta.url));
const output = process.argv[2] ?? `${here}wasm.ts`;

let binary;
const { error, stderr } = await main(
  ['kernel.as.ts', '-O3', '--runtime', 'stub', '--noAssert', '--enable', 'simd', '--outFile', 'kernel.wasm'],
  {
    readFile: (name) => {
      try {
        return readFileSync(`${here}${name}`, 'utf8');
      } catch {
        return null;
      }
    },
    writeFile: (name, contents) => {
      if (name === 'kernel.wasm') binary = contents;
    },
    listFiles: () => [],
  },
);
if (error || !binary) {
  console.error(stderr.toString());
  throw error ?? new Error('the compiler wrote nothing');
}
const lines = Buffer.from(binary).toString('base64').match(/.{1,120}/g).map((line) => `  '${line}',`);
await writeFile(
  output,
  `/** kernel.as.ts compiled (${binary.length} bytes). Made by build.mjs: do not edit. */\nexport const KERNEL_BASE64 = [\n${lines.join('\n')}\n].join('');\n`,
);
