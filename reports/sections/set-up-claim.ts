/** The search, the models and the environment of a claim. */
import { inputLines } from '../../src/verdict/words.js';
import { code, codes, markup, pairs } from '../html/markup.js';
import { ofClaim } from './section.js';
import { modelCell, whereRows } from './set-up-rows.js';

export const setUpOfClaim = ofClaim({
  id: 'set-up-claim',
  title: 'Set-up',
  html: (claim, check) => {
    const { search, circuit, models, task } = claim;
    return markup`<div class="wide">${pairs('Search, models and environment', [
      ...models.map((model, i) => [i === 0 ? 'model' : 'compared with', modelCell(model)] as const),
      circuit && ['circuit', markup`${codes(circuit.components)}; ${circuit.outside} components outside`],
      ['task', `${task.name}, ${task.inputs} inputs; ${task.behaviour}, required: ${task.threshold}`],
      ...inputLines(task),
      search && ['runs, shrinks', `${search.runs}, ${search.shrinks}`],
      search && ['tried', `${search.evaluated} in ${search.passes} forward passes`],
      search?.stopped !== undefined && ['stopped', search.stopped],
      search?.again === true && ['remembered', 'it failed before, was tried first, and failed again'],
      ...whereRows(claim),
      ['asserted by', markup`${code(check.matcher)}, expected ${check.expected === 'holds' ? 'to hold' : 'to fail'}`],
    ])}</div>`;
  },
  properties: ({ models: [model, other], search, environment, seed }) => ({
    model: model!.name,
    fingerprint: model!.fingerprint,
    ...(other && { other: other.name, 'fingerprint.other': other.fingerprint }),
    ...(search && { 'search.runs': String(search.runs), 'search.passes': String(search.passes) }),
    ...(search?.stopped !== undefined && { 'search.stopped': search.stopped }),
    ...(search?.path !== undefined && { 'search.path': search.path }),
    backend: environment.backend,
    seed: String(seed),
  }),
});
