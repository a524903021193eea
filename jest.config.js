import { findPostgres } from './test/support/find-postgres.js';

/** Native ESM: run through `npm test`, which passes `--experimental-vm-modules`. See docs/adr. */
const project = {
  testEnvironment: '<rootDir>/test/support/tidy-environment.js',
  runtime: '<rootDir>/test/support/shared-packages-runtime.js',
  extensionsToTreatAsEsm: ['.ts'],
  modulePathIgnorePatterns: ['/dist/'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
        },
        module: { type: 'es6' },
      },
    ],
  },
  moduleNameMapper: {
    '^@joblib/([a-z]+)$': '<rootDir>/libs/$1/src/index.ts',
    '^@joblib/([a-z]+)/(services|testing)$': '<rootDir>/libs/$1/src/$2/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
};

/** Everything, and what behaves the same on either database once more. */
const onSqlite = {
  ...project,
  displayName: 'SQLite',
  roots: ['<rootDir>/libs', '<rootDir>/src', '<rootDir>/test'],
  testMatch: ['**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/test/(chaos|cluster|two-servers)/'],
};
const onPostgres = {
  ...project,
  displayName: 'PostgreSQL',
  testMatch: ['<rootDir>/test/{chaos,cluster,gateway,http,model,plugins/server,providers,races,services/server,two-servers}/**/*.spec.ts'],
  globals: { testDatabase: 'PostgreSQL' },
};

export default {
  projects: hasPostgres() ? [onSqlite, onPostgres] : [onSqlite],
  globalSetup: '<rootDir>/test/support/postgres-server.ts',
  globalTeardown: '<rootDir>/test/support/stop-shared-postgres.ts',
  // Two even on two cores: most of a test's time is waiting, for a commit or for a program that starts.
  maxWorkers: 2,
  // Modules of files that have run stay in memory (native ESM): at 4 GB a process does little but collecting garbage.
  workerIdleMemoryLimit: '1GB',
  // For a test that hangs; none is meant to take so long, also not on a busy machine.
  testTimeout: 300_000,
};

/** Tells the tests where PostgreSQL is, or why it is not tested. */
function hasPostgres() {
  const { env } = process;
  if (env.JOBLIB_TEST_POSTGRES_BIN === undefined) {
    const found = findPostgres();
    if (found.folder !== undefined) env.JOBLIB_TEST_POSTGRES_BIN = found.folder;
    else env.JOBLIB_TEST_POSTGRES_MISSING = found.missing;
  }
  if (env.JOBLIB_TEST_POSTGRES_URL !== undefined || env.JOBLIB_TEST_POSTGRES_BIN !== undefined) return true;
  console.warn(`PostgreSQL is not tested: ${env.JOBLIB_TEST_POSTGRES_MISSING}. See CONTRIBUTING.md, "Tests".`);
  return false;
}
