import * as fc from 'fast-check';

const surrogates = 0xe000 - 0xd800;

/**
 * Text of any code points, as `fc.string({ unit: 'binary' })` draws it, and short ASCII with names that JavaScript knows.
 * fast-check's own makes a table of all 1.1 million code points first, in each test file anew: more than a second.
 */
export const anyText = ({ maxLength = 20 }: { readonly maxLength?: number } = {}): fc.Arbitrary<string> =>
  fc.oneof(
    fc
      .array(fc.nat(0x10ffff - surrogates), { maxLength })
      .map((points) => String.fromCodePoint(...points.map((point) => (point < 0xd800 ? point : point + surrogates)))),
    fc.string({ maxLength }),
  );
