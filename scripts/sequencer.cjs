// The order of the test files. A clean clone knows no times of an earlier run, and then Jest goes by size: the few files that take longest are small, would begin near the end, and one core would have nothing to do.
const { default: Sequencer } = require('@jest/test-sequencer');

/** Beginnings of their paths in tests/. */
const first = [
  'model/formats/transformer/parity',
  'consumer/',
  'examples/',
  'docs/blocks',
  'model/formats/onnx/parity',
  'cli/',
  'lab/',
  'power/',
  'matchers/',
];

const rank = ({ path }) => {
  const at = first.findIndex((part) => path.replaceAll('\\', '/').includes(`/tests/${part}`));
  return at < 0 ? first.length : at;
};

module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    // stable: the rest stays as Jest has it
    return super.sort(tests).toSorted((a, b) => rank(a) - rank(b));
  }
};
