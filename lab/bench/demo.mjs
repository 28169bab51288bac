// The demo end to end, as its README command runs it once installed: seconds, and peak memory of all its processes together.
//   node lab/bench/demo.mjs
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const out = mkdtempSync(join(tmpdir(), 'congruity-demo-'));

/** Resident set of a process and all below it, in MiB (Linux). */
function resident(pid) {
  const children = new Map();
  const size = new Map();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const status = readFileSync(`/proc/${entry}/status`, 'utf8');
      const parent = Number(/^PPid:\s+(\d+)/m.exec(status)[1]);
      size.set(Number(entry), Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024);
      children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
    } catch {
      // it ended while we looked
    }
  }
  const total = (id) => (size.get(id) ?? 0) + (children.get(id) ?? []).reduce((sum, child) => sum + total(child), 0);
  return total(pid);
}

const started = performance.now();
const child = spawn(process.execPath, [join(root, 'scripts', 'demo.mjs'), '--out', out], {
  cwd: root,
  stdio: 'ignore',
});
let peak = 0;
const watch = setInterval(() => (peak = Math.max(peak, resident(child.pid))), 200);
child.on('close', (code) => {
  clearInterval(watch);
  rmSync(out, { recursive: true, force: true });
  console.log(
    `demo: ${((performance.now() - started) / 1000).toFixed(1)} s on ${cpus().length} cores, peak ${Math.round(peak)} MiB resident over all processes, exit ${code}`,
  );
  process.exitCode = code ?? 1;
});
