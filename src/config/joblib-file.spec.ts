import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ConfigError } from './config-error.js';
import type { Environment } from './environment.js';
import { readJoblibFile } from './joblib-file.js';
import type { JoblibFile } from './joblib-file.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'joblib-config-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function read(yaml: string, environment: Environment = {}): JoblibFile {
  writeFileSync(join(folder, 'joblib.yaml'), yaml);
  return readJoblibFile(null, folder, environment);
}

function refusalOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).not.toContain('\n');
    return (error as Error).message;
  }
  throw new Error('it was accepted');
}

const BY_DEFAULT = {
  name: 'joblib.yaml',
  plugins: [],
  pluginConfig: {},
  discoverPlugins: true,
  pluginIsolation: 'none',
  pluginTimeLimitSeconds: 60,
  pluginMemoryMb: 128,
  failOnPluginError: false,
  services: [],
  resourceLimits: {},
};

describe('readJoblibFile', () => {
  it('needs no file', () => {
    expect(readJoblibFile(null, folder, {})).toEqual({ ...BY_DEFAULT, baseUrl: pathToFileURL(`${folder}/`).href });
  });

  it.each(['', '# nothing but a comment', 'plugins:\nplugin_config:\nservices:\nresource_limits:\n'])(
    'needs nothing in the file: %j',
    (yaml) => {
      expect(read(yaml)).toMatchObject(BY_DEFAULT);
    },
  );

  it('reads every key', () => {
    const yaml = `
plugins: ["./plugins/slack.mjs#SlackPlugin"]
plugin_config: { slack: { channel: "#quality", retries: 3, on: [a, null, true] }, empty: }
discover_plugins: false
plugin_isolation: worker
plugin_time_limit_seconds: 1.5
plugin_memory_mb: 64
fail_on_plugin_error: true
resource_limits: { port: 20, process: 3, container: 0 }
services:
  - { name: rotate-worker, command: [node, rotate.mjs], env: { API_KEY: }, requires: [cache], jobs: ["@global:modifiers:Rotate"] }
  - { name: cache, image: redis, mounts: ["./data:/data"], stop_timeout_seconds: 2 }
`;
    expect(read(yaml)).toMatchObject({
      plugins: ['./plugins/slack.mjs#SlackPlugin'],
      pluginConfig: { slack: { channel: '#quality', retries: 3, on: ['a', null, true] }, empty: {} },
      discoverPlugins: false,
      pluginIsolation: 'worker',
      pluginTimeLimitSeconds: 1.5,
      pluginMemoryMb: 64,
      failOnPluginError: true,
      resourceLimits: { port: 20, process: 3, container: 0 },
      services: [
        { name: 'cache', kind: 'container', policy: { stopTimeoutSeconds: 2 }, container: { image: 'redis', cwd: folder } },
        { name: 'rotate-worker', kind: 'process', process: { command: ['node', 'rotate.mjs'], env: { API_KEY: null }, cwd: folder } },
      ],
    });
  });

  it('takes what is relative from the folder of the file', () => {
    mkdirSync(join(folder, 'etc'));
    writeFileSync(
      join(folder, 'etc/my.yaml'),
      'plugin_config: { audit: { log_to_file: true, audit_file: logs/a.log }, dqx_audit: { log_to_file: true } }',
    );
    const file = readJoblibFile('etc/my.yaml', folder, {});
    expect([file.name, file.baseUrl]).toEqual(['etc/my.yaml', pathToFileURL(`${folder}/etc/`).href]);
    expect(file.pluginConfig).toEqual({
      audit: { log_to_file: true, audit_file: join(folder, 'etc/logs/a.log') },
      dqx_audit: { log_to_file: true, audit_file: join(folder, 'etc/audit.log') },
    });
  });

  it('leaves a bad audit file to the plugin to refuse', () => {
    const config = { log_to_file: true, audit_file: 7 };
    expect(read(JSON.stringify({ plugin_config: { audit: config } })).pluginConfig['audit']).toEqual(config);
  });

  it('fills in variables of the environment, in the configuration of plugins only', () => {
    const yaml =
      'plugins: ["./${A}.mjs#X"]\nplugin_config: { slack: { token: "Bearer ${TOKEN}", list: [{ at: "${TOKEN}" }], as_it_is: "$${TOKEN} $TOKEN" } }';
    const file = read(yaml, { TOKEN: 's3cret$1' });
    expect(file.plugins).toEqual(['./${A}.mjs#X']);
    const slack = { token: 'Bearer s3cret$1', list: [{ at: 's3cret$1' }], as_it_is: '${TOKEN} $TOKEN' };
    expect(file.pluginConfig['slack']).toEqual(slack);
  });

  it.each([
    ['plugin_isolatoin: worker', /^joblib\.yaml: plugin_isolatoin is no known key; known are plugins, plugin_config, /],
    ['- plugins', /^joblib\.yaml has to have keys: plugins, /],
    ['plugins', /^joblib\.yaml has to have keys: plugins, /],
    ['plugins: "./x.mjs#X"', 'joblib.yaml: plugins is "./x.mjs#X"; it has to be a list of texts.'],
    ['plugins: [1]', 'joblib.yaml: plugins is [1]; it has to be a list of texts.'],
    ['plugin_config: [secret]', 'joblib.yaml: plugin_config has to be an object.'],
    ['plugin_config: { slack: secret }', 'joblib.yaml: plugin_config.slack has to be an object.'],
    [
      'plugin_config: { slack: { list: [{ token: "${TOKEN}" }] } }',
      'joblib.yaml: plugin_config.slack.list[0].token asks for the variable TOKEN, which is not set.',
    ],
    [
      'plugin_config: { slack: { token: "${EMPTY}" } }',
      'joblib.yaml: plugin_config.slack.token asks for the variable EMPTY, which is not set.',
    ],
    ['discover_plugins: yes', 'joblib.yaml: discover_plugins is "yes"; it has to be true or false.'],
    ['plugin_isolation: thread', 'joblib.yaml: plugin_isolation is "thread"; it has to be one of none, worker.'],
    ['plugin_time_limit_seconds: 0', 'joblib.yaml: plugin_time_limit_seconds is 0; it has to be a number from 0.001 to 86400.'],
    ['plugin_time_limit_seconds: soon', 'joblib.yaml: plugin_time_limit_seconds is "soon"; it has to be a number from 0.001 to 86400.'],
    ['services: { name: x }', 'joblib.yaml: services must be a list: write "- name: …" for each of them.'],
    ['services: [{ name: x }]', 'joblib.yaml: services[0] (x): command cannot be empty: write a list, [node, worker.mjs].'],
    ['services: [{ name: x, command: [y], cwd: gone }]', /^joblib\.yaml: services\[0\] \(x\): cwd: there is no folder .*gone\.$/],
    ['services: [{ name: "x\\ny", command: [z] }]', /^joblib\.yaml: services\[0\] \(x y\): name must have up to 255 characters/],
    [
      'services: [{ name: x, command: [y], requires: [z] }]',
      'joblib.yaml: services: Service x requires z, and there is no service of that name.',
    ],
    ['services: [{ name: x, command: [y], env: [KEY=secret] }]', /^joblib\.yaml: services\[0\] \(x\): env of service x (?!.*secret)/],
    ['resource_limits: 5', 'joblib.yaml: resource_limits has to be an object.'],
    ['resource_limits: { ports: 1 }', 'joblib.yaml: resource_limits.ports is no known key; known are process, container, port.'],
    ['resource_limits: { port: -1 }', 'joblib.yaml: resource_limits.port is -1; it has to be a whole number from 0.'],
    ['resource_limits: { port: many }', 'joblib.yaml: resource_limits.port is "many"; it has to be a whole number from 0.'],
    ['plugin_memory_mb: -1', 'joblib.yaml: plugin_memory_mb is -1; it has to be a number from 1 to 1048576.'],
    ['fail_on_plugin_error: 1', 'joblib.yaml: fail_on_plugin_error is 1; it has to be true or false.'],
    ['plugins: []\nplugins: []', 'joblib.yaml is no YAML: Map keys must be unique at line 2, column 1.'],
    ['plugins: [', /^joblib\.yaml is no YAML: .* at line 1, column \d+\.$/],
  ])('refuses %j', (yaml, refusal) => {
    const message = refusalOf(() => read(yaml, { EMPTY: '' }));
    if (typeof refusal === 'string') expect(message).toBe(refusal);
    else expect(message).toMatch(refusal);
  });

  it('refuses a file that is named and not there, or cannot be read', () => {
    expect(refusalOf(() => readJoblibFile('my.yaml', folder, {}))).toBe("JOBLIB_CONFIG is 'my.yaml', and there is no such file.");
    mkdirSync(join(folder, 'joblib.yaml'));
    expect(refusalOf(() => readJoblibFile('joblib.yaml', folder, {}))).toMatch(/^JOBLIB_CONFIG: '.*joblib\.yaml' cannot be read: EISDIR/);
    expect(refusalOf(() => readJoblibFile(null, folder, {}))).toMatch(/^'.*joblib\.yaml' cannot be read: EISDIR/);
  });
});
