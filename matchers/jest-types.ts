/**
 * Types of the matchers for `@jest/globals`, for the global `expect`, and for `expect` by itself. As methods, which add up where a program has both this package's ES
 * modules and its CommonJS: interfaces of one name that extend two types may not (TS2320), and fast-check's types are two as well.
 */
// so that the augmentation below finds the module
// oxlint-disable-next-line no-empty-named-blocks require-module-specifiers
import type {} from 'expect';
import type { CongruityMatchers } from './types.js';

type Given<Name extends keyof CongruityMatchers> = Parameters<CongruityMatchers[Name]>;

declare module 'expect' {
  interface Matchers<R extends void | Promise<void>, T = unknown> {
    toBeDerivedFrom(...given: Given<'toBeDerivedFrom'>): Promise<void>;
    toBehaveLike(...given: Given<'toBehaveLike'>): Promise<void>;
    toBeInterpretivelyEquivalent(...given: Given<'toBeInterpretivelyEquivalent'>): Promise<void>;
    toBeInvariantUnder(...given: Given<'toBeInvariantUnder'>): Promise<void>;
    toHaveMinimalCircuit(...given: Given<'toHaveMinimalCircuit'>): Promise<void>;
    toHaveNecessaryCircuit(...given: Given<'toHaveNecessaryCircuit'>): Promise<void>;
    toHaveSufficientCircuit(...given: Given<'toHaveSufficientCircuit'>): Promise<void>;
    toImplement(...given: Given<'toImplement'>): Promise<void>;
    toMatchInterpretationSnapshot(...given: Given<'toMatchInterpretationSnapshot'>): Promise<void>;
    toRealize(...given: Given<'toRealize'>): Promise<void>;
    toRespondLike(...given: Given<'toRespondLike'>): Promise<void>;
    toSatisfyNecessity(...given: Given<'toSatisfyNecessity'>): Promise<void>;
    toSatisfySufficiency(...given: Given<'toSatisfySufficiency'>): Promise<void>;
  }
}

declare global {
  // eslint-disable-next-line no-namespace
  namespace jest {
    interface Matchers<R, T = {}> {
      toBeDerivedFrom(...given: Given<'toBeDerivedFrom'>): Promise<void>;
      toBehaveLike(...given: Given<'toBehaveLike'>): Promise<void>;
      toBeInterpretivelyEquivalent(...given: Given<'toBeInterpretivelyEquivalent'>): Promise<void>;
      toBeInvariantUnder(...given: Given<'toBeInvariantUnder'>): Promise<void>;
      toHaveMinimalCircuit(...given: Given<'toHaveMinimalCircuit'>): Promise<void>;
      toHaveNecessaryCircuit(...given: Given<'toHaveNecessaryCircuit'>): Promise<void>;
      toHaveSufficientCircuit(...given: Given<'toHaveSufficientCircuit'>): Promise<void>;
      toImplement(...given: Given<'toImplement'>): Promise<void>;
      toMatchInterpretationSnapshot(...given: Given<'toMatchInterpretationSnapshot'>): Promise<void>;
      toRealize(...given: Given<'toRealize'>): Promise<void>;
      toRespondLike(...given: Given<'toRespondLike'>): Promise<void>;
      toSatisfyNecessity(...given: Given<'toSatisfyNecessity'>): Promise<void>;
      toSatisfySufficiency(...given: Given<'toSatisfySufficiency'>): Promise<void>;
    }
  }
}
