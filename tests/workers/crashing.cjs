// A worker that ends before it answers.
const { parentPort } = require('node:worker_threads');
parentPort.on('message', () => {
  throw new Error('out of memory, say');
});
