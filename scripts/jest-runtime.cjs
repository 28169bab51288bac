// Jest's runtime, which reads and compiles a file once in a worker rather than once for each test file that loads it, and switches off what a test file leaves behind. What is kept is text and V8's unbound script: each test file still evaluates its modules anew, in a context of its own.
const { AsyncLocalStorage } = require('node:async_hooks');
const { statSync } = require('node:fs');
const { Script } = require('node:vm');
const { default: Runtime } = require('jest-runtime');
const builtIns = require('./built-ins.cjs');

/** By file name: when the file was written, its text for Jest, and what the transform made of it. */
const read = new Map();
/** By file name: the source that was compiled, and what came of it. */
const compiled = new Map();

/** What `node:async_hooks` is to a test file. A storage once used costs something with every promise of the process, for good, and Jest loads itself, with one, anew for each file: after a hundred files a fifth of the time. */
function asyncHooks(storages) {
  class Storage extends AsyncLocalStorage {
    constructor(...given) {
      super(...given);
      storages.add(this);
    }
  }
  return { ...require('node:async_hooks'), AsyncLocalStorage: Storage };
}

module.exports = class ReadsOnce extends Runtime {
  constructor(...given) {
    super(...given);
    const { coreModule, executor, transformCache } = this;

    const storages = new Set();
    const hooks = asyncHooks(storages);
    const core = coreModule.require.bind(coreModule);
    coreModule.require = (name) => (/^(node:)?async_hooks$/.test(name) ? hooks : core(name));
    this.storages = storages;

    const transform = transformCache.transform.bind(transformCache);
    transformCache.transform = (filename, options) => {
      const { mtimeMs, size } = statSync(filename);
      const version = `${mtimeMs} ${size} ${options?.isInternalModule}`;
      let known = read.get(filename);
      if (known?.version === version) {
        if (known.transformed !== undefined) {
          transformCache.transforms.set(filename, known.transformed);
          const { sourceMapPath } = known.transformed;
          if (sourceMapPath) transformCache.sourceMaps.set(filename, sourceMapPath);
        }
        return known.code;
      }
      const code = transform(filename, options);
      known = { version, code, transformed: transformCache.transforms.get(filename) };
      read.set(filename, known);
      return code;
    };

    const compile = executor.compile.bind(executor);
    executor.compile = (source, filename) => {
      const context = executor.environment.getVmContext();
      if (context == null) return null;
      let known = compiled.get(filename);
      if (known?.source !== source) {
        // a function of its own, as a module may declare such a name itself
        const head = `(function(${executor.injectedModuleParameters.join(',')}){${builtIns}return function(){`;
        const whole = `${head}${source}\n}.apply(this,arguments)})`;
        try {
          known = { source, script: new Script(whole, { filename, columnOffset: -head.length }) };
        } catch {
          // Jest words what is wrong with it
          return compile(source, filename);
        }
        compiled.set(filename, known);
      }
      return known.script.runInContext(context);
    };
  }

  teardown() {
    super.teardown();
    for (const storage of this.storages) storage.disable();
    this.storages.clear();
  }
};
