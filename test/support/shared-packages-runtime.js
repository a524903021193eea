import { createRequire, isBuiltin } from 'node:module';
import { pathToFileURL } from 'node:url';
import { isModuleNamespaceObject } from 'node:util/types';
import JestRuntime from 'jest-runtime';

const require = createRequire(import.meta.url);

/** What is imported by a name, and is not ours: ours is read from its sources, for each file anew. */
const PACKAGE = /^(?![./]|node:|data:|file:|jest$|@jest\/|@joblib\/)/;
/** What was found out before, by name. */
const known = new Map();

/**
 * Packages are loaded once for a jest worker and not once for a file, which is most of what a short file costs; and our code runs where they run, so that
 * there is one `Error` and one `Array`. See docs/adr/0012. It reaches into jest-runtime, whose version is exact in package.json for that reason.
 */
export default class SharedPackagesRuntime extends JestRuntime {
  constructor(config, environment, resolver, ...rest) {
    super(config, environment, withPackages(resolver), ...rest);
    const { coreModule, esmLoader } = this;
    const requireCore = coreModule.require.bind(coreModule);
    coreModule.require = (name) => {
      if (name === 'process' || name === 'node:process') return process;
      return isShared(name) ? require(packageOf(name)) : requireCore(name);
    };
    // `import.meta.resolve` and `require.resolve` tell files, as ever.
    const { resolveForImportMeta, resolution } = esmLoader;
    esmLoader.resolveForImportMeta = (parent, name) =>
      isShared(name) ? pathToFileURL(createRequire(parent).resolve(name)).href : resolveForImportMeta.call(esmLoader, parent, name);
    const { resolveCjs } = resolution;
    resolution.resolveCjs = (from, name) =>
      name !== undefined && isShared(name) ? createRequire(from).resolve(name) : resolveCjs.call(resolution, from, name);
    // No context: that of this process.
    esmLoader.getContext = () => undefined;
  }

  /** It would stay, and ask a runtime that is gone. */
  installGetBuiltinModule() {}
}

function withPackages(resolver) {
  return Object.assign(Object.create(resolver), { isCoreModule: (name) => isShared(name) || resolver.isCoreModule(name) });
}

function isShared(specifier) {
  const name = packageOf(specifier);
  if (!PACKAGE.test(name)) return false;
  let shared = known.get(name);
  if (shared === undefined) known.set(name, (shared = canBeShared(name)));
  return shared;
}

/** On a current Node jest puts `node:` before whatever is a core module to it. */
function packageOf(specifier) {
  return specifier.startsWith('node:') && !isBuiltin(specifier) ? specifier.slice('node:'.length) : specifier;
}

/** jest makes `default` of what a core module exports as a whole, which is wrong for an ES module that has one. */
function canBeShared(name) {
  try {
    const loaded = require(name);
    return !(isModuleNamespaceObject(loaded) && 'default' in loaded);
  } catch {
    return false;
  }
}
