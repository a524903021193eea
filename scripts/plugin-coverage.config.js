import config from '../jest.config.js';

/** `npm run coverage:plugins`: every line and branch of the manager of plugins, of what it loads and of the built-in ones is run by tests. */
const COVERED = ['manager', 'built-in', 'loading'];

const [onSqlite] = config.projects;

export default {
  ...config,
  projects: undefined,
  ...onSqlite,
  rootDir: '..',
  // jest looks for counts in the context that it made.
  runtime: undefined,
  testEnvironment: 'node',
  testMatch: [
    ...COVERED.map((folder) => `<rootDir>/libs/plugins/src/${folder}/**/*.spec.ts`),
    '<rootDir>/test/plugins/{database-writer,discovery,email-alerts,isolation,open-plugins,plugin-config,registering,running,time-limit,webhook}.spec.ts',
  ],
  collectCoverage: true,
  collectCoverageFrom: COVERED.map((folder) => `libs/plugins/src/${folder}/**/!(*.spec).ts`),
  coverageReporters: ['text'],
  coverageThreshold: { global: { lines: 100, branches: 100, functions: 100, statements: 100 } },
};
