/** The search for an alignment finds those of compiled models again. */
import { afterAll, expect, test } from '@jest/globals';
import { compile } from '../../src/program/compile.js';
import { findAlignment } from '../../src/realisation/find/find.js';
import { repeats, sort } from '../program/interchange/programs';

test.each([['sort', sort]])('%s', async (_, program) => {
  const { model } = await compile(program as typeof repeats, { backend: 'wasm' });
  const rows = (m:any)=>m; const t=process.cpuUsage();
  const found = await findAlignment(model, program as typeof repeats, {});
  console.log(process.cpuUsage(t).user/1e6, JSON.stringify(found, (k,v)=> k==='directions'?v.length+' directions':v, 1));
}, 200000);
