import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** Rules that need types, and few others: `oxlint` does the rest in a tenth of the time. */
export default defineConfig(
  { ignores: ['**/dist/', '**/node_modules/', 'coverage/', 'bench/queues/', '**/*.js', '**/*.mjs'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.check.json', tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'off' }, // the comments may be for oxlint, which reports unused ones
    rules: {
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/no-deprecated': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-unnecessary-boolean-literal-compare': 'error',
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: 'only-allowed-literals' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/prefer-readonly': 'error',
      '@typescript-eslint/require-await': 'off', // an interface may ask for a promise
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    },
  },
  {
    // A test reads answers as any client does: as JSON of unknown shape.
    files: ['test/**/*.ts', '**/*.spec.ts', '**/*.fixture.ts'],
    rules: {
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    // A row is made by code for its columns, whose names are those of our own statements, quoted.
    files: ['libs/nestjs/src/persistence/sqlite/driver.ts'],
    rules: { '@typescript-eslint/no-implied-eval': 'off' },
  },
  {
    // Types are what is looked at there.
    files: ['**/*.types.spec.ts'],
    rules: { '@typescript-eslint/no-unused-vars': 'off' },
  },
);
