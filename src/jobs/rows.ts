/** Rows of a model, in a worker. */
import type { RowsDone, RowsJob, Recipe } from '../model/away.js';
import { EngineModel } from '../model/engine-model.js';
import type { EngineRequest, Found } from '../model/engine.js';
import { transformer } from '../model/formats/transformer/run/model.js';
import { load } from '../model/load.js';
import type { Model } from '../model/model.js';
import { entriesOf } from '../shape.js';

/** Models that a worker holds at most. */
const HELD = 4;

/** What was asked for last, last. */
const models = new Map<number, EngineModel>();

async function make(recipe: Recipe): Promise<Model> {
  if (recipe.kind === 'transformer')
    return transformer(recipe.config, recipe.weights, { backend: recipe.backend, copy: false });
  const model = await load(recipe.path, recipe.options);
  if (model.fingerprint === recipe.fingerprint) return model;
  model.dispose();
  throw new Error(`${recipe.path} is another model than before`);
}

async function modelOf(id: number, recipe: Recipe | undefined): Promise<EngineModel | undefined> {
  let model = models.get(id);
  if (!model) {
    if (!recipe) return undefined;
    for (const [oldest, old] of [...models].slice(0, Math.max(0, models.size + 1 - HELD))) {
      models.delete(oldest);
      old.dispose();
    }
    const opened = await make(recipe);
    if (!(opened instanceof EngineModel)) throw new Error('it has no engine');
    model = opened;
  }
  models.delete(id);
  models.set(id, model);
  return model;
}

/** What the engine finds of one chunk; its arrays are to be handed over. */
export async function rows({ model: id, recipe, request, means }: RowsJob): Promise<RowsDone> {
  const model = await modelOf(id, recipe);
  if (!model) return { unknown: true };
  const { chunk, changes } = request;
  const count = chunk.to - chunk.from;
  const found: [string, Found, boolean][] = [];
  const asked: EngineRequest = { ...request, meanOf: (change) => means[changes.indexOf(change)]! };
  await model.answer(asked, {
    give(site, given) {
      // it says itself what is wrong, in the thread that asked
      if (!given) throw new Error(`nothing at ${site}`);
      // the engine may go on with its own
      found.push([site, { shape: given.shape, data: given.data.slice() }, false]);
    },
    place(site, shape) {
      const data = new Float32Array(count * entriesOf(shape));
      found.push([site, { shape: [count, ...shape], data }, true]);
      return data;
    },
  });
  return { found };
}
