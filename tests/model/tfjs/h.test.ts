import { test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { loadTfjs } from '../../../src/model/tfjs/load.js';
import { backend } from '../../../src/tensor/backend.js';
import { cpSync, mkdtempSync, writeFileSync, readFileSync } from 'node:fs';
import { golden, needs, type Name } from './goldens.js';
function places(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [path];
  return [...(path.length > 0 ? [path] : []), ...Object.entries(value).flatMap(([key, entry]) => places(entry, [...path, Array.isArray(value) ? Number(key) : key]))];
}
const nasty = [undefined, null, true, false, 0, -1, 1, 2, 0.5, 1e9, 2 ** 40, -(2 ** 31), '', 'x', [], {}, 'same', 7];
test('x', async () => {
  console.warn = () => undefined;
  await backend({ backend: 'wasm' }); await tf.setBackend('wasm');
  const name = process.env.NAME as Name;
  const d = mkdtempSync('/tmp/hh-'); cpSync(`/work/main/tests/model/tfjs/fixtures/${name}`, d, {recursive:true});
  const text = readFileSync(d + '/model.json', 'utf8');
  const json = JSON.parse(text);
  const all = places(json.modelTopology, ['modelTopology']).filter((p) => !/name|trainable|dtype|inbound/.test(String(p.at(-1))) || p.length < 4);
  const fill = (n: number, k: number) => tf.tensor1d(Float32Array.from({ length: n }, (_, i) => i * 7 + k));
  let canaries: tf.Tensor[] = [];
  const renew = () => { canaries.forEach(c => c.dispose()); canaries = [3, 17, 64, 5, 100, 333, 1000, 12, 40, 2000, 77].map((n, k) => fill(n, k)); };
  renew();
  const bad: string[] = [];
  for (const p of all) for (const v of nasty) {
    const copy = JSON.parse(text); let at = copy; for (const k of p.slice(0, -1)) at = at[k];
    if (v === undefined) delete at[p.at(-1)!]; else at[p.at(-1)!] = v;
    writeFileSync(d + '/model.json', JSON.stringify(copy));
    let what = 'ok'; let model;
    writeFileSync('/tmp/now.txt', JSON.stringify([p, v]));
    try { model = await loadTfjs(d+'/model.json', {...needs[name], backend:'wasm'}); await model.run(golden(name).inputs, { capture: model.sites.map(s => s.name) }); } catch (e) { what = String(e).split('\n')[0]!.slice(0, 120); }
    try { model?.dispose(); } catch (e) { what += ' DISPOSE ' + String(e); }
    const gone = canaries.some((c, k) => { const data = c.dataSync(); return data.some((x, i) => x !== i * 7 + k); });
    if (gone || /memory access|unreachable|abort|table index/i.test(what)) { bad.push(JSON.stringify([p.slice(2), v, gone, what])); if (gone) renew(); }
    // move things
    canaries.push(canaries.shift()!.clone()); const old = canaries.splice(0, 1)[0]!; void old; renew();
  }
  writeFileSync(`/tmp/bad-${name}.txt`, bad.join('\n'));
}, 900000);
