// What the story runs: commands of the installed packages and of Python, each shown as one would type it.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';

/** Where an installed package is, from a folder: there or above. */
export function packageFolder(folder, name) {
  for (let at = folder; ; at = dirname(at)) {
    const found = join(at, 'node_modules', name);
    if (existsSync(join(found, 'package.json'))) return found;
    if (dirname(at) === at) throw new Error(`${name} is not installed in ${folder}`);
  }
}

/** The environment of a shell, not of a test that runs this. */
const environment = (extra) => {
  const theirs = /^(CONGRUITY_|JEST_|VITEST|NODE_OPTIONS$|NODE_ENV$|FORCE_COLOR$|GITHUB_)/;
  return {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !theirs.test(name))),
    NO_COLOR: '1',
    ...extra,
  };
};

export function commandsIn(folder) {
  const congruity = packageFolder(folder, 'congruity');
  const main = join(congruity, 'dist', 'cjs', 'cli', 'main.js');
  const run = (shown, program, args, expected, extra = {}) => {
    console.log(`\n$ ${shown}`);
    const { status, stdout, stderr } = spawnSync(program, args, {
      cwd: folder,
      encoding: 'utf8',
      env: environment(extra),
    });
    console.log(stdout.trimEnd());
    if (![expected].flat().includes(status))
      throw new Error(`${shown}: exit code ${status}, and ${[expected].flat().join(' or ')} was expected\n${stderr}`);
    return stdout;
  };
  return {
    /** @param expected exit code, or several */
    congruity: (args, expected = 0) =>
      run(`npx congruity ${args.join(' ')}`, process.execPath, [main, ...args], expected),
    vitest: (expected) =>
      run('npx vitest run', process.execPath, [join(packageFolder(folder, 'vitest'), 'vitest.mjs'), 'run'], expected),
    python: (program, args) =>
      run(`python3 ${args.join(' ')}`, program, args, 0, {
        PYTHONPATH: join(congruity, 'python'),
        PYTHONDONTWRITEBYTECODE: '1',
      }),
    /** A command that goes on beside the story. */
    beside(args) {
      console.log(`\n$ npx congruity ${args.join(' ')} &`);
      return spawn(process.execPath, [main, ...args], { cwd: folder, env: environment({}), stdio: 'ignore' });
    },
  };
}

/** The first Python that has numpy and torch. */
export const pythonWithTorch = () =>
  [process.env.CONGRUITY_PYTHON, 'python3', '/usr/bin/python3'].find(
    (name) =>
      name &&
      spawnSync(name, [
        '-c',
        'import sys; from importlib.util import find_spec as f; sys.exit(not (f("numpy") and f("torch")))',
      ]).status === 0,
  );

export const hasRedis = () => spawnSync('redis-server', ['--version']).status === 0;

/** A Redis of its own, on a port that was free. */
export async function startRedis(folder) {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const child = spawn('redis-server', args, { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] });
  let said = '';
  for await (const chunk of child.stdout) {
    said += chunk;
    if (said.includes('Ready to accept connections')) break;
  }
  if (child.exitCode !== null) throw new Error(`redis-server ended: ${said}`);
  return { url: `redis://127.0.0.1:${port}`, child };
}

export async function end(child, signal) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, 'exit');
}
