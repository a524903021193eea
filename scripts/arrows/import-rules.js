/** Which file may import which: see ARCHITECTURE.md. Rules for dependency-cruiser; a name says what it forbids. */

/** Rooms of `libs/nestjs/src`, lowest first. A room imports itself and the layers above it in this list; rooms of one layer are apart. */
const LAYERS = [
  ['domain'],
  ['ports'],
  ['persistence', 'http', 'json-schema', 'rooms', 'result-backend'],
  ['jobs', 'tasks', 'workers', 'providers', 'plugins', 'services'],
  ['gateway', 'sweeper'],
  ['internal', 'observability'],
];

/** Which of our packages each package may import. */
const PACKAGES = {
  contract: [],
  nestjs: ['contract', 'plugins'],
  redis: ['contract', 'nestjs'],
  client: ['contract'],
  cli: ['contract', 'client'],
  plugins: ['contract'],
  verification: ['contract', 'plugins'],
};

const NEST_SRC = '^libs/nestjs/src/';
const SPEC = '\\.(spec|fixture)\\.ts$';

/** Matches an import by package name, whether it was resolved (`node_modules/x/…`) or not (`x`). */
const npm = (names) => `(^|node_modules/)(${names.join('|')})(/|$)`;

/** Matches our package, by its folder or by its name. */
const ours = (names) => `^(node_modules/)?(libs|@joblib)/(${names.join('|')})(/|$)`;

const rooms = (names) => `${NEST_SRC}(${names.join('|')})/`;

function roomRule(room, below) {
  return {
    name: `room-${room}`,
    comment: `${room}/ imports only ${[room, ...below].join(', ')}`,
    severity: 'error',
    from: { path: rooms([room]), pathNot: SPEC },
    to: { path: NEST_SRC, pathNot: rooms([room, ...below]) },
  };
}

function packageRule([name, mayUse]) {
  return {
    name: `package-${name}`,
    comment: `@joblib/${name} imports of our packages: ${mayUse.join(', ') || 'none'}`,
    severity: 'error',
    from: { path: `^libs/${name}/src/`, pathNot: SPEC },
    to: { path: ours(['[^/]+']), pathNot: ours([name, ...mayUse]) },
  };
}

const roomRules = [
  ...LAYERS.flatMap((layer, height) => layer.map((room) => roomRule(room, LAYERS.slice(0, height).flat()))),
  roomRule('testing', ['domain', 'ports', 'result-backend']),
  {
    name: 'room-unknown',
    comment: 'a new room needs its place in scripts/arrows/import-rules.js and in ARCHITECTURE.md',
    severity: 'error',
    from: {},
    to: { path: `${NEST_SRC}[^/]+/`, pathNot: rooms([...LAYERS.flat(), 'testing']) },
  },
  {
    name: 'testing-only-from-specs',
    comment: 'fakes are for tests',
    severity: 'error',
    from: { path: `${NEST_SRC}[^/]+$`, pathNot: SPEC },
    to: { path: rooms(['testing']) },
  },
];

const outsideRules = [
  {
    name: 'socket-io-only-in-gateway',
    comment: 'only gateway/ knows Socket.IO; everybody else collects events',
    severity: 'error',
    from: { path: NEST_SRC, pathNot: [rooms(['gateway']), SPEC] },
    to: { path: npm(['socket\\.io', '@nestjs/websockets', '@nestjs/platform-socket\\.io']) },
  },
  {
    name: 'database-only-in-persistence',
    comment: 'the database is reached through persistence/; ports/ and the module files may name the types',
    severity: 'error',
    from: { path: NEST_SRC, pathNot: [rooms(['persistence', 'ports']), `${NEST_SRC}[^/]+$`, SPEC] },
    to: { path: npm(['typeorm', '@nestjs/typeorm', '@photostructure/sqlite', 'better-sqlite3', 'pg', '(node:)?sqlite']) },
  },
  {
    name: 'domain-is-pure',
    comment: 'domain/: values in, values out. No clock, no database, no Nest, no I/O',
    severity: 'error',
    from: { path: rooms(['domain']), pathNot: SPEC },
    to: {
      path: npm([
        '@nestjs/[^/]+',
        'typeorm',
        'fastify',
        'socket\\.io',
        'rxjs',
        'class-validator',
        'ajv',
        '(node:)?(fs|net|http|os|child_process|worker_threads|timers|process|sqlite)',
      ]),
    },
  },
];

const betweenPackages = [
  ...Object.entries(PACKAGES).map(packageRule),
  {
    name: 'contract-has-no-dependencies',
    comment: 'the contract is for everybody, browsers included',
    severity: 'error',
    from: { path: '^libs/contract/src/', pathNot: SPEC },
    to: { pathNot: '^libs/contract/src/' },
  },
  {
    name: 'nest-only-in-server-packages',
    comment: 'clients, plugins and checks run without Nest',
    severity: 'error',
    from: { path: '^libs/(contract|client|cli|plugins|verification)/src/' },
    to: { path: npm(['@nestjs/[^/]+', 'typeorm', 'fastify']) },
  },
  {
    name: 'package-by-its-name',
    comment: 'a package is imported by its name, never by a path into its folder',
    severity: 'error',
    from: { path: '^libs/([^/]+)/src/' },
    to: { path: '^libs/[^/]+/src/', pathNot: '^libs/$1/src/' },
  },
  {
    name: 'only-what-a-package-exports',
    comment: 'the service, the examples and the benchmark are customers: if they need more, the API is missing something',
    severity: 'error',
    from: { path: '^(src|examples|bench)/' },
    to: {
      path: ['^libs/', '^(node_modules/)?@joblib/[^/]+/'],
      pathNot: ['/dist/((services|testing)/)?index\\.(js|d\\.ts)$', '^@joblib/[^/]+/(services|testing)$'],
    },
  },
  {
    name: 'no-cycle',
    comment: 'two files that need each other are one file, or three',
    severity: 'error',
    from: { pathNot: SPEC },
    to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
  },
];

export const IMPORT_RULES = [...roomRules, ...outsideRules, ...betweenPackages];
