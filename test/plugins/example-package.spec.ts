import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import jwt from 'jsonwebtoken';

import { HostProcess } from '../host-app/host-process.js';
import { JoblibUser } from '../support/joblib-user.js';
import { until } from '../support/until.js';
import { InstalledService } from './installed-package.js';
import { DAILY_REPORT } from './reports.js';
import { completeTask } from './service-scene.js';

const SECRET = 'a secret of more than thirty-two bytes';
const ROOT = jwt.sign({ sub: 'root', is_superuser: true }, SECRET, { expiresIn: '1h' });

describe('examples/plugin-package', () => {
  let service: InstalledService;
  let running: HostProcess | undefined;

  beforeAll(() => {
    service = new InstalledService();
  });
  afterAll(async () => {
    await running?.stop('SIGKILL');
    service.remove();
  });

  it('installed from its tarball next to the service is discovered, and writes what workers report', async () => {
    const { folder } = service;
    writeFileSync(
      join(folder, 'joblib.yaml'),
      'plugins: ["joblib-plugin-csv/chat-alerts#ChatAlertsPlugin"]\nplugin_config: { csv_export: { folder: exports }, chat_alerts: { url: "http://127.0.0.1:1" } }\n',
    );
    running = HostProcess.run(join(folder, 'dist/main.js'), folder, { ZNDRAW_JOBLIB_JWT_SECRET: SECRET });
    const address = await running.listening();
    expect(running.output).toContain('Registered plugin csv_export (joblib-plugin-csv/dist/csv-export-plugin.js#CsvExportPlugin)');
    expect(running.output).toContain('Registered plugin chat_alerts (joblib-plugin-csv/chat-alerts#ChatAlertsPlugin)');
    const id = await completeTask({ root: new JoblibUser(address, ROOT) }, '@global:modifiers:Verify', DAILY_REPORT);
    const file = join(folder, 'exports/2026-01-31', `${id}.csv`);
    await until('the file is there', () => existsSync(file));
    expect(readFileSync(file, 'utf8').split('\n')).toEqual([
      'yyyy_mm_dd,suite,check,assertion,severity,status,value',
      '2026-01-31,Daily,Price,is positive,P1,PASSED,3',
      '2026-01-31,Daily,Nulls,are few,P0,FAILED,0.4',
      '2026-01-31,Daily,Price,is positive,P2,SKIPPED,',
      '',
    ]);
    expect(await running.stop()).toBe(0);
  });
});
