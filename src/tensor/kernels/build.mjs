// Compiles the AssemblyScript beside it into modules of base64: `node src/tensor/kernels/build.mjs`. Compiling takes seconds, so what went into each module is written down in compiled.json, and a test checks by that alone that the committed modules are current: `--check`.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const read = (file) => readFileSync(join(here, file), 'utf8');

const modules = {
  'wasm.ts': { source: 'kernel.as.ts', name: 'KERNEL_BASE64', flags: [] },
  // in memory that belongs to tfjs
  'stacks.ts': { source: 'stacks.as.ts', name: 'STACKS_BASE64', flags: ['--importMemory'] },
};

/** Of all that a module follows from (its source, the flags in this file, the compiler), and of the module itself. */
function digest(output) {
  // asks for an exact version of binaryen, which does the rest
  const { version } = createRequire(import.meta.url)('assemblyscript/package.json');
  const texts = [read(modules[output].source), read('build.mjs'), version, read(output)];
  return createHash('sha256').update(JSON.stringify(texts)).digest('hex');
}

async function compile(output) {
  const { main } = await import('assemblyscript/asc');
  const { source, name, flags } = modules[output];
  let binary;
  const { error, stderr } = await main(
    [source, '-O3', '--runtime', 'stub', '--noAssert', '--enable', 'simd', ...flags, '--outFile', 'kernel.wasm'],
    {
      readFile: (file) => {
        try {
          return read(file);
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
  writeFileSync(
    join(here, output),
    `/** ${source} compiled (${binary.length} bytes). Made by build.mjs: do not edit. */\nexport const ${name} = [\n${lines.join('\n')}\n].join('');\n`,
  );
}

const outputs = Object.keys(modules);
if (process.argv[2] === '--check') {
  const compiled = JSON.parse(read('compiled.json'));
  for (const output of outputs)
    if (compiled[output] !== digest(output)) {
      console.error(`${output} is not what ${modules[output].source} compiles to now: run build.mjs without --check`);
      process.exitCode = 1;
    }
} else {
  for (const output of outputs) await compile(output);
  const all = Object.fromEntries(outputs.map((output) => [output, digest(output)]));
  writeFileSync(join(here, 'compiled.json'), `${JSON.stringify(all, null, 2)}\n`);
}
