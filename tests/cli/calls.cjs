// Runs the command's own function for one call after the other, as its process would: arguments, folder and environment in, exit code and texts out.
const { join } = require('node:path');
const { command } = require(join(__dirname, '..', '..', 'dist', 'cjs', 'congruity.js'))['cli/command']();

async function call({ args, cwd, env }) {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  process.chdir(cwd);
  const texts = { stdout: '', stderr: '' };
  const own = {};
  for (const name of ['stdout', 'stderr']) {
    own[name] = process[name].write;
    process[name].write = (text) => {
      texts[name] += text;
      return true;
    };
  }
  try {
    return { code: await command(args), ...texts };
  } finally {
    for (const name of ['stdout', 'stderr']) process[name].write = own[name];
  }
}

let turn = Promise.resolve();
process.on('message', ({ id, ...asked }) => {
  turn = turn.then(async () => process.send({ id, result: await call(asked) }));
});
