/** What `toThrow` takes one of, a class or a message: both. */

type ErrorClass = abstract new (...args: never[]) => Error;

/** For `toThrow` and `rejects.toThrow`: an error of this class, whose message holds the text or matches the expression. */
export function errorOf(type: ErrorClass, message: string | RegExp): object {
  return {
    $$typeof: Symbol.for('jest.asymmetricMatcher'),
    asymmetricMatch: (thrown: unknown): boolean =>
      thrown instanceof type &&
      (typeof message === 'string' ? thrown.message.includes(message) : message.test(thrown.message)),
    toString: () => 'ErrorOf',
    toAsymmetricMatcher: () => `${type.name} with a message of ${String(message)}`,
  };
}
