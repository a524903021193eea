/** What may be written where, beyond imports. Each is ESLint's `no-restricted-syntax` under a name of its own. */
import { builtinRules } from 'eslint/use-at-your-own-risk';
import tseslint from 'typescript-eslint';

const SQL = '/\\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE (UNIQUE )?(TABLE|INDEX)|ALTER TABLE|DROP TABLE|PRAGMA)\\b/';

const RESTRICTIONS = [
  {
    name: 'sql-only-in-persistence',
    files: ['libs/*/src/**/*.ts', 'src/**/*.ts'],
    // The ownership of a SQLite file is a lock, not data: it is held before there is a data source.
    allowedIn: ['libs/nestjs/src/persistence/**', 'src/database/file-ownership.ts'],
    selectors: [`Literal[value=${SQL}]`, `TemplateElement[value.raw=${SQL}]`],
  },
  {
    name: 'environment-only-at-the-edge',
    files: ['libs/*/src/**/*.ts', 'src/**/*.ts'],
    // A program that is started needs some of it to run at all.
    allowedIn: ['src/config/**', 'libs/nestjs/src/*.ts', 'libs/cli/src/**', 'libs/plugins/src/services/process/inherited-environment.ts'],
    selectors: [
      'MemberExpression[object.name="process"][property.name="env"]',
      'MemberExpression[object.name="process"][property.value="env"]',
      'VariableDeclarator[init.name="process"] > ObjectPattern > Property[key.name="env"]',
      'ImportDeclaration[source.value=/^(node:)?process$/] > ImportSpecifier[imported.name="env"]',
    ],
  },
  {
    name: 'time-only-from-the-clock',
    files: ['libs/*/src/**/*.ts', 'src/**/*.ts'],
    allowedIn: ['libs/nestjs/src/ports/clock.ts', 'libs/cli/src/clock.ts'],
    selectors: [
      'MemberExpression[object.name="Date"][property.name="now"]',
      'NewExpression[callee.name="Date"][arguments.length=0]',
      'CallExpression[callee.name="Date"]',
    ],
  },
  {
    name: 'publish-only-after-commit',
    files: ['libs/nestjs/src/**/*.ts'],
    allowedIn: ['libs/nestjs/src/persistence/unit-of-work.ts'],
    selectors: ['CallExpression[callee.property.name="publish"]'],
  },
];

const restrictedSyntax = builtinRules.get('no-restricted-syntax');

export const SYNTAX_RULES = [
  {
    files: ['**/*.ts'],
    languageOptions: { parser: tseslint.parser },
    linterOptions: { reportUnusedDisableDirectives: 'off', noInlineConfig: true },
    plugins: { arrows: { rules: Object.fromEntries(RESTRICTIONS.map(({ name }) => [name, restrictedSyntax])) } },
  },
  ...RESTRICTIONS.map(({ name, files, allowedIn, selectors }) => ({
    files,
    ignores: [...allowedIn, '**/*.spec.ts', '**/*.fixture.ts'],
    rules: { [`arrows/${name}`]: ['error', ...selectors.map((selector) => ({ selector, message: name }))] },
  })),
];
