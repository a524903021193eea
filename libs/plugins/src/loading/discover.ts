import { readFile } from 'node:fs/promises';

import { sentenceOf } from '../logger.js';
import type { PluginLogger } from '../logger.js';
import { partsOf } from './plugin-source.js';
import type { PluginSource } from './plugin-source.js';

/** A plugin that a package of the application offers in its `package.json`. */
export interface DiscoveredPlugin {
  readonly entryName: string;
  readonly source: PluginSource;
}

interface Manifest {
  readonly dependencies?: unknown;
  readonly optionalDependencies?: unknown;
  readonly joblib?: { readonly plugins?: unknown } | null;
}

/**
 * Looks through the packages that the application depends on, in the order of its `package.json`, for
 * `"joblib": {"plugins": {"<entry name>": "./dist/x.js#Export"}}`. Nothing is imported. What cannot be read is logged and left out.
 */
export async function discoverPlugins(baseUrl: string, logger: PluginLogger): Promise<DiscoveredPlugin[]> {
  try {
    const application = await readUpwards('package.json', baseUrl);
    if (application === null) return [];
    const found = await Promise.all(dependenciesOf(application.manifest).map((name) => ofPackage(name, application.url, logger)));
    return found.flat();
  } catch (error) {
    logger.error(`Plugins cannot be discovered: ${sentenceOf(error)}`);
    return [];
  }
}

async function ofPackage(name: string, applicationUrl: string, logger: PluginLogger): Promise<DiscoveredPlugin[]> {
  try {
    const installed = await readUpwards(`node_modules/${name}/package.json`, applicationUrl);
    const plugins = installed?.manifest.joblib?.plugins;
    if (installed === null || plugins === undefined) return [];
    if (!isRecord(plugins)) throw new TypeError('"joblib.plugins" has to be an object: {"<entry name>": "./file.js#Export"}');
    return Object.entries(plugins).flatMap(([entryName, value]) => entryOf(name, installed.url, entryName, value, logger));
  } catch (error) {
    logger.error(`Plugins of package ${name} cannot be discovered: ${sentenceOf(error)}`);
    return [];
  }
}

function entryOf(name: string, packageUrl: string, entryName: string, value: unknown, logger: PluginLogger): DiscoveredPlugin[] {
  try {
    const { moduleName: path, exportName } = partsOf(typeof value === 'string' ? value : JSON.stringify(value));
    const moduleName = `${name}/${path.replace(/^\.\//, '')}`;
    return [
      {
        entryName,
        source: { reference: `${moduleName}#${exportName}`, moduleName, moduleUrl: new URL(path, packageUrl).href, exportName },
      },
    ];
  } catch (error) {
    logger.error(`Failed to load plugin ${entryName} of package ${name}: ${sentenceOf(error)}`);
    return [];
  }
}

function dependenciesOf({ dependencies, optionalDependencies }: Manifest): string[] {
  const names = [dependencies, optionalDependencies].flatMap((each) => (isRecord(each) ? Object.keys(each) : []));
  return [...new Set(names)];
}

/** The nearest one: in the folder of `fromUrl`, else in one above it. */
async function readUpwards(path: string, fromUrl: string): Promise<{ url: string; manifest: Manifest } | null> {
  for (let folder = new URL('.', fromUrl); ; folder = new URL('..', folder)) {
    const url = new URL(path, folder);
    const text = await readIfThere(url);
    if (text !== null) return { url: url.href, manifest: JSON.parse(text) as Manifest };
    if (new URL('..', folder).href === folder.href) return null;
  }
}

async function readIfThere(url: URL): Promise<string | null> {
  try {
    return await readFile(url, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw error;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
