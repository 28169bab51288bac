// Where Jest finds a file. Unlike its moduleNameMapper, what a resolver answers is kept.
const found = (request) => {
  // zod's messages in 50 languages, which nothing asks for: they take as long to load as zod itself, in each file anew
  if (request === '../locales/index.cjs') return '../locales/en.cjs';
  // sources import './x.js', as Node's ES modules need: here that is x.ts
  return /^\.{1,2}\/.*\.js$/.test(request) ? request.slice(0, -'.js'.length) : request;
};

module.exports = {
  sync: (request, options) => options.defaultResolver(found(request), options),
  async: (request, options) => options.defaultAsyncResolver(found(request), options),
};
