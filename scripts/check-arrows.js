/** `npm run check:arrows`: prints every import and expression that is in the wrong room of the given folder (here by default), and fails when there is one. */
import { existsSync, readdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { cruise } from 'dependency-cruiser';
import { ESLint } from 'eslint';
import { IMPORT_RULES } from './arrows/import-rules.js';
import { SYNTAX_RULES } from './arrows/syntax-rules.js';

const root = resolve(process.argv[2] ?? '.');
const folders = [...readdirSync(join(root, 'libs')).map((name) => `libs/${name}/src`), 'src', 'examples', 'bench'].filter((folder) =>
  existsSync(join(root, folder)),
);

async function importViolations() {
  const { output } = await cruise(folders, {
    baseDir: root,
    validate: true,
    ruleSet: { forbidden: IMPORT_RULES },
    tsPreCompilationDeps: true,
    doNotFollow: { path: ['node_modules', '(^|/)dist/'] },
    exclude: { path: ['^bench/dist/', '^examples/[^/]+/dist/'] },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  });
  return {
    fileCount: output.summary.totalCruised,
    lines: output.summary.violations.map(({ rule, from, to }) => {
      const { comment } = IMPORT_RULES.find(({ name }) => name === rule.name);
      return `${rule.name}: ${from} imports ${to} (${comment})`;
    }),
  };
}

async function syntaxViolations() {
  const eslint = new ESLint({ cwd: root, overrideConfigFile: true, overrideConfig: SYNTAX_RULES, errorOnUnmatchedPattern: false });
  const results = await eslint.lintFiles(folders.map((folder) => `${folder}/**/*.ts`));
  return results.flatMap(({ filePath, messages }) =>
    messages
      .filter(({ severity }) => severity === 2)
      .map(({ ruleId, line, message }) => `${ruleId?.replace('arrows/', '') ?? message}: ${relative(root, filePath)}:${line}`),
  );
}

const imports = await importViolations();
const violations = [...imports.lines, ...(await syntaxViolations())];
for (const violation of violations) console.error(violation);
console.log(`arrows: ${imports.fileCount} files, ${violations.length} violations`);
process.exitCode = violations.length === 0 ? 0 : 1;
