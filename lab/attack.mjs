// A hostile and an unlucky day, again: damaged and crafted files, kills, full disks, hostile names, functions that misbehave. Needs a build.
//   npm run attack -- [--only PART]... [--seconds N] [--seed N] [--files N] [--kills N] [--small] [--package FOLDER]
// Parts: damaged, crafted, kills, cache, disk, names, functions, silence. --seconds bounds each part. Prints one table, which lab/attack.md quotes, and below it every thing that must not happen; exits with 1 where there is one.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

const number = { type: 'string' };
const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    seconds: number,
    seed: number,
    files: number,
    kills: number,
    workers: number,
    small: { type: 'boolean' },
    package: { type: 'string' },
  },
});
if (values.package) process.env.ATTACKED = resolve(values.package);

const { dist } = await import('./attack/place.mjs');
const { table, failures } = await import('./attack/table.mjs');
const parts = ['damaged', 'crafted', 'kills', 'cache', 'disk', 'names', 'functions', 'silence'];
const chosen = values.only ?? parts;
const unknown = chosen.filter((part) => !parts.includes(part));
if (unknown.length > 0 || !existsSync(dist('index.js'))) {
  console.error(
    unknown.length > 0
      ? `there is no part ${unknown.join(', ')}; there are ${parts.join(', ')}`
      : 'not built: npm run build',
  );
  process.exit(2);
}
const given = Object.fromEntries(
  ['seconds', 'seed', 'files', 'kills', 'workers']
    .filter((name) => values[name] !== undefined)
    .map((name) => [name, Number(values[name])]),
);
const rows = [];
for (const part of chosen) {
  const began = performance.now();
  const { [part]: attack } = await import(`./attack/${part}.mjs`);
  const found = await attack({ seed: 0, seconds: 600, small: values.small === true, ...given });
  rows.push(...found);
  process.stderr.write(
    `${part}: ${found.reduce((sum, { tries }) => sum + tries, 0)} tries in ${((performance.now() - began) / 1000).toFixed(0)} s\n`,
  );
}
const all = process.resourceUsage();
console.log(table(rows));
console.log(
  `\n${process.uptime().toFixed(0)} s; ${((all.userCPUTime + all.systemCPUTime) / 1e6).toFixed(0)} s of this process's own processor time; Node ${process.version}, ${process.platform} ${process.arch}, seed ${given.seed ?? 0}`,
);
const wrong = failures(rows);
if (wrong.length > 0) console.log(`\n${wrong.join('\n')}`);
process.exit(wrong.length === 0 ? 0 : 1);
