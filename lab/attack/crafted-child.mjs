// Makes one crafted file and does with it what a user would. Last line: what came of it.
import { createRequire } from 'node:module';
import { crafted } from './crafted-files.mjs';
import { dist, inside } from './place.mjs';

const congruity = createRequire(import.meta.url)(dist('index.js'));
const { isCongruityError } = inside('src/errors');
const [name, folder] = process.argv.slice(2);
const order = crafted[name].make(folder);
const began = performance.now();
let result = 'accepted';
try {
  if (order.load) (await congruity.load(order.load, order.options)).dispose();
  else if (order.representations) await congruity.readRepresentations(order.representations);
  else {
    const tokenizer = await congruity.hfTokenizer(order.tokenizer);
    tokenizer.decode(tokenizer.encode(order.text));
  }
} catch (error) {
  result = isCongruityError(error) ? 'typed' : `untyped: ${error?.stack ?? error}`;
  if (process.env.TELL) console.log(error.message);
}
console.log(JSON.stringify({ result, seconds: (performance.now() - began) / 1000 }));
process.exit();
