/** toRespondLike. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { BehaviourError, OptionError } from '../../src/errors.js';
import { quantise } from '../../src/model/formats/transformer/quantise.js';
import type { Model } from '../../src/model/model.js';
import { distinctness } from '../../lab/calibration/tasks.js';
import { Zoo } from '../../lab/calibration/zoo.js';
import { both, tiny } from '../helpers/tiny.js';
import { folders, messageOf } from './claims.js';

const { recorded, kept } = folders();

let zoo: Zoo;
let learned: Model;
let finetuned: Model;
let imitating: Model;
beforeAll(async () => {
  zoo = await Zoo.open(join(__dirname, '..', '..', 'lab', 'calibration', 'models'));
  [learned, finetuned, imitating] = await Promise.all([
    zoo.model('learned', 3),
    zoo.model('finetuned', 3),
    zoo.model('imitating', 3),
  ]);
});
afterAll(() => zoo.dispose());

const on = distinctness;

describe('toRespondLike', () => {
  test('a fine-tuned and a quantised copy respond like the model', async () => {
    const eight = await quantise(learned, 8);
    try {
      for (const copy of [finetuned, eight]) await expect(copy).toRespondLike(learned, { on });
    } finally {
      eight.dispose();
    }
    const [{ claim }] = recorded() as [ReturnType<typeof recorded>[0]];
    expect(claim).toMatchObject({ outcome: 'holds', response: { outcome: 'alike', margin: 0.15 } });
    expect(claim!.models.map(({ name }) => name)).toEqual(['finetuned 3', 'learned 3']);
    expect(claim!.counterexample).toBeUndefined();
    await expect(messageOf(expect(finetuned).not.toRespondLike(learned, { on }))).resolves.toContain(
      'Holds: whatever is replaced of 7 roles, the answers are at most 0.1',
    );
  });

  test('one that imitates does not, and the simplest intervention that parts the two is shown, kept and replayed', async () => {
    const message = await messageOf(expect(imitating).toRespondLike(learned, { on }));
    expect(message).toMatch(
      /Fails: responds unlike: with .+ replaced the answers are at least 0\.\d+ apart, tolerance 0\.15/,
    );
    const { claim } = recorded().at(-1)!;
    const { counterexample, response, search } = claim!;
    expect(response!.outcome).toBe('unlike');
    expect(counterexample!.description).toMatch(/^.+, layer \d taken from \[\d, \d, \d, \d\], on \[\d, \d, \d, \d\]$/);
    expect(counterexample!.measured[0]).toMatch(
      /^answers 0\.\d+ apart, more than 0\.5: imitating 3 token [01], learned 3 token [01]$/,
    );
    expect(JSON.parse(kept()[0]!.text).failures).toMatchObject([
      {
        matcher: 'toRespondLike',
        claim: 'imitating 3 responds like learned 3: four distinct tokens',
        description: counterexample!.description,
        value: { input: counterexample!.input, source: counterexample!.source, by: 'resample' },
      },
    ]);
    // by seed and path the same one
    const check = { seed: search!.seed!, path: search!.path!, endOnFailure: true };
    await messageOf(expect(imitating).toRespondLike(learned, { on, check }));
    expect(recorded().at(-1)!.claim!.counterexample).toEqual(counterexample);
    // and remembered
    expect(await messageOf(expect(imitating).toRespondLike(learned, { on }))).toContain('failed before, and again');
    expect(recorded().at(-1)!.claim!.counterexample!.description).toBe(counterexample!.description);
    await expect(imitating).not.toRespondLike(learned, { on });
    // it goes when the claim holds
    const renamed = Object.defineProperty(Object.create(finetuned) as Model, 'name', { value: 'imitating 3' });
    await expect(renamed).toRespondLike(learned, { on });
    expect(kept()).toEqual([]);
  });

  test('too few draws, and roles that do nothing, are undecided and fail both ways', async () => {
    const few = { on, budget: { draws: 4 } };
    const message = await messageOf(expect(finetuned).toRespondLike(learned, few));
    expect(message).toMatch(/Undecided: with .+ replaced the answers are \S+ to \S+ apart on average/);
    expect(message).toContain('budget.draws');
    await expect(messageOf(expect(finetuned).not.toRespondLike(learned, few))).resolves.toContain('Undecided');
    const [one, other] = [await tiny('wasm'), await tiny('wasm')];
    try {
      expect(await messageOf(expect(one).toRespondLike(other, { on: both() }))).toContain(
        'Undecided: no role does anything of its own, so that nothing was tested',
      );
    } finally {
      one.dispose();
      other.dispose();
    }
  });

  test('bad input', async () => {
    await expect(expect({} as Model).toRespondLike(learned, { on })).rejects.toThrow(OptionError);
    await expect(expect(learned).toRespondLike({} as Model, { on })).rejects.toThrow(OptionError);
    await expect(expect(finetuned).toRespondLike(learned, { on, margin: 1 })).rejects.toThrow(OptionError);
    await expect(expect(finetuned).toRespondLike(learned, { on, by: 'zero' } as never)).rejects.toThrow(/by must be/);
    await expect(expect(await zoo.model('shuffled', 0)).toRespondLike(learned, { on })).rejects.toThrow(BehaviourError);
  });
});
