import { describe, expect, test } from '@jest/globals';
import { OptionError } from '../../../src/errors';
import { defaultPolicy, resolvePolicy } from '../../../src/verdict/rule/policy';

const caught = (given: unknown): OptionError => {
  try {
    resolvePolicy(given as never, 'gates[0].policy');
  } catch (error) {
    return error as OptionError;
  }
  throw new Error('accepted');
};

describe('policy', () => {
  test('defaults, overlaid; undefined keeps the default', () => {
    expect(resolvePolicy()).toEqual({
      margin: 0.25,
      alpha: 0.05,
      beta: 0.05,
      resolution: Math.sqrt(0.001),
      bootstrap: 2000,
      permutations: 1999,
    });
    expect(resolvePolicy({ margin: 0.1, bootstrap: undefined } as never)).toEqual({ ...defaultPolicy, margin: 0.1 });
  });

  test.each([
    ['margn', 'margin'],
    ['aplha', 'alpha'],
    ['permutation', 'permutations'],
    ['bootstraps', 'bootstrap'],
    ['resolutoin', 'resolution'],
  ])('unknown key %s names %s', (key, nearest) => {
    const error = caught({ [key]: 1 });
    expect(error).toBeInstanceOf(OptionError);
    expect(error.what).toContain(`did you mean '${nearest}'?`);
    expect(error.where).toBe(`gates[0].policy.${key}`);
    expect(error.hint).toContain('margin, alpha, beta, resolution, bootstrap, permutations');
  });

  test.each([
    { margin: 0 },
    { margin: -1 },
    { margin: Number.NaN },
    { margin: Infinity },
    { margin: '0.25' },
    { margin: null },
    { alpha: 0.5 },
    { alpha: 0 },
    { beta: 1 },
    { beta: 5 },
    { resolution: 0 },
    { resolution: Infinity },
    { bootstrap: 99 },
    { bootstrap: 200.5 },
    { bootstrap: 2e6 },
    { permutations: 18 },
    { permutations: Number.NaN },
  ])('refuses %j and names the key', (given) => {
    const error = caught(given);
    expect(error).toBeInstanceOf(OptionError);
    expect(error.where).toBe(`gates[0].policy.${Object.keys(given)[0]}`);
    expect(error.hint).toMatch(/^It must be /);
  });

  test('refuses permutations that could never reach alpha', () => {
    expect(caught({ alpha: 0.01, permutations: 98 }).hint).toContain('at least 99');
    expect(resolvePolicy({ alpha: 0.01, permutations: 99 }).permutations).toBe(99);
    expect(resolvePolicy({ permutations: 19 }).permutations).toBe(19);
  });

  test.each([[null], [[]], [3]])('refuses %p for an object', (given) => {
    expect(caught(given)).toBeInstanceOf(OptionError);
  });
});
