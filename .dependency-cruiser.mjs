// Who may import whom; docs/architecture.md says it in words. `npm run imports` checks it, type imports counted.

/** The rooms of src, lowest first: a room uses itself, those before it and the files directly in src, which use no room. */
export const ROOMS = [
  'io',
  'cache',
  'tensor',
  'tokenizers',
  'model',
  'task',
  'program',
  'training',
  'circuit',
  'representation',
  'measure',
  'statistics',
  'implementations',
  'response',
  'fingerprint',
  'realisation',
  'bounds',
  'bank',
  'power',
  'verdict',
  'claims',
];

/** What each place beside src uses, itself aside. */
const PLACES = {
  src: [],
  generators: ['src'],
  search: ['generators', 'src'],
  reports: ['src'],
  matchers: ['search', 'generators', 'src'],
  suites: ['matchers', 'search', 'generators', 'reports', 'src'],
  cli: ['suites', 'matchers', 'search', 'generators', 'reports', 'src'],
  'index.ts': ['generators', 'search', 'src'],
};

const oneOf = (names) => `(${names.map((name) => name.replaceAll('.', '\\.')).join('|')})`;
const places = oneOf(Object.keys(PLACES));
const rooms = oneOf(ROOMS);

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    { name: 'no import circle', from: {}, to: { circular: true } },
    { name: 'what is imported is there', from: {}, to: { couldNotResolve: true } },
    { name: 'every place is listed in .dependency-cruiser.mjs', from: { pathNot: `^${places}(/|$)` }, to: {} },
    {
      name: 'every room is listed in .dependency-cruiser.mjs',
      from: { path: '^src/.+/', pathNot: `^src/${rooms}/` },
      to: {},
    },
    ...Object.entries(PLACES).map(([place, uses]) => ({
      name: `${place} uses ${uses.join(', ') || 'only itself'}`,
      from: { path: `^${oneOf([place])}(/|$)` },
      to: { path: `^${places}(/|$)`, pathNot: `^${oneOf([place, ...uses])}(/|$)` },
    })),
    ...ROOMS.slice(0, -1).map((room, i) => ({
      name: `src/${room} stands below ${ROOMS.slice(i + 1).join(', ')}`,
      from: { path: `^src/${room}/` },
      to: { path: `^src/${oneOf(ROOMS.slice(i + 1))}/` },
    })),
    { name: 'a file directly in src uses no room', from: { path: '^src/[^/]+$' }, to: { path: '^src/[^/]+/' } },
    {
      name: 'src knows nothing of Jest, fast-check or the terminal',
      from: { path: '^src/' },
      to: { path: '(^|/)(jest|@jest|fast-check|expect|chalk|commander)' },
    },
    {
      name: 'what ships needs no development dependency',
      from: {},
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['npm-peer', 'type-only'] },
    },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    // AssemblyScript, and what compiles it
    exclude: { path: '(\\.as\\.ts|\\.mjs)$' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['node', 'import', 'require', 'default'] },
  },
};
