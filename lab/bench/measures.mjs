// Processor time of every measure for 20 + 20 implementations (not elapsed time: the machine may be shared). After `npm run build`: node lab/bench/measures.mjs [inputs] [measure ...]
import { measures } from '../../dist/esm/src/measure/index.js';
import { gramOf } from '../../dist/esm/src/representation/gram.js';
import { random } from '../../dist/esm/src/random.js';

const [inputs = '400', ...names] = process.argv.slice(2);
const n = Number(inputs);
const p = 192;
const rank = 80;
const r = random(1, 'bench measures');
const normals = (rows, columns) => Float64Array.from({ length: rows * columns }, () => r.normal());
const product = (a, b, rows, inner, columns) => {
  const out = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++)
    for (let k = 0; k < inner; k++)
      for (let j = 0; j < columns; j++) out[i * columns + j] += a[i * inner + k] * b[k * columns + j];
  return out;
};
// two sides: shared directions of falling variance, each side with a mixing of its own; each implementation with noise of its own
const shared = normals(n, rank).map((v, at) => v * (1 + (at % rank)) ** -0.7);
const grams = [0, 1].flatMap(() => {
  const signal = product(shared, normals(rank, p), n, rank, p);
  return Array.from({ length: 20 }, () => {
    const own = product(normals(n, 8), normals(8, p), n, 8, p);
    return gramOf({ data: Float32Array.from(signal, (v, at) => v + 0.2 * own[at] + 0.1 * r.normal()), shape: [n, p] });
  });
});
for (const name of names.length > 0 ? names : Object.keys(measures)) {
  const start = process.cpuUsage();
  const { data, gap } = await measures[name].distances(grams, { seed: 1 });
  const { user, system } = process.cpuUsage(start);
  const seconds = (user + system) / 1e6;
  const m = grams.length;
  const mean = (from, to) => {
    let [sum, count] = [0, 0];
    for (let i = 0; i < 20; i++)
      for (let j = from; j < to; j++) if (i !== j) [sum, count] = [sum + data[i * m + j], count + 1];
    return sum / count;
  };
  console.log(
    `${name.padEnd(13)} ${seconds.toFixed(2).padStart(6)} s   siblings ${mean(0, 20).toFixed(3)}, strangers ${mean(20, 40).toFixed(3)}${gap ? `, widest gap ${Math.max(...gap).toPrecision(2)}` : ''}`,
  );
}
