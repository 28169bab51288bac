// Models, tasks and behaviours of a user's own that misbehave: each ends in an error that says whose fault it is, and none waits for ever.
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { started } from './gates.mjs';
import { row, workFolder } from './place.mjs';

const child = fileURLToPath(new URL('functions-child.mjs', import.meta.url));

export async function functions() {
  const folder = workFolder('functions');
  const found = row('misbehaving functions');
  try {
    const { child: running, ended } = started([process.execPath, child], { cwd: folder, env: { TMPDIR: folder } });
    const timer = setTimeout(() => running.kill('SIGKILL'), 300_000);
    const { code, signal, stdout, stderr } = await ended;
    clearTimeout(timer);
    for (const line of stdout.split('\n').filter((text) => text.startsWith('{'))) {
      const { name, result, message } = JSON.parse(line);
      found.tries++;
      if (result === 'typed') found.typed++;
      else if (result === 'accepted') found.accepted++;
      else found.bad.push(`${name}: ${message}`);
    }
    if (code !== 0)
      found.bad.push(`the process ended with ${signal ?? code} after ${found.tries}: ${stderr.slice(-600)}`);
    return [found];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
