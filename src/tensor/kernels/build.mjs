// Compiles the AssemblyScript beside it into modules of base64. `node src/tensor/kernels/build.mjs [folder]`; a test checks that the committed files are current.
import { writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { main } from 'assemblyscript/asc';

const here = fileURLToPath(new URL('.', import.meta.url));
const folder = process.argv[2] ?? here;

async function compile(source, output, name, ...flags) {
  let binary;
  const { error, stderr } = await main(
    [source, '-O3', '--runtime', 'stub', '--noAssert', '--enable', 'simd', ...flags, '--outFile', 'kernel.wasm'],
    {
      readFile: (file) => {
        try {
          return readFileSync(join(here, file), 'utf8');
        } catch {
          return null;
        }
      },
      writeFile: (file, contents) => {
        if (file === 'kernel.wasm') binary = contents;
      },
      listFiles: () => [],
    },
  );
  if (error || !binary) {
    console.error(stderr.toString());
    throw error ?? new Error('the compiler wrote nothing');
  }
  const lines = Buffer.from(binary)
    .toString('base64')
    .match(/.{1,120}/g)
    .map((line) => `  '${line}',`);
  await writeFile(
    join(folder, output),
    `/** ${source} compiled (${binary.length} bytes). Made by build.mjs: do not edit. */\nexport const ${name} = [\n${lines.join('\n')}\n].join('');\n`,
  );
}

await compile('kernel.as.ts', 'wasm.ts', 'KERNEL_BASE64');
// in memory that belongs to tfjs
await compile('stacks.as.ts', 'stacks.ts', 'STACKS_BASE64', '--importMemory');
