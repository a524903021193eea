import { describe, expect } from '@jest/globals';

import type { Playground, ServiceProcess } from '../service/server-process.js';
import { until } from '../support/until.js';
import { databaseLines, healthOf } from './observe-service.js';
import { expectReadsAnswered, expectWorkGoesOn, expectWritesRefused } from './outage.js';
import { aQueue } from './queue.js';
import { SECRET, serviceUser } from './service-users.js';

/** The service, on a SQLite database in this file. */
export function serviceOnFile(playground: Playground, file: string): ServiceProcess {
  return playground.start(playground.folder(), { DATABASE_URL: `sqlite:${file}`, ZNDRAW_JOBLIB_JWT_SECRET: SECRET });
}

/** Declares tests of what not every machine can do; `obstacle` says why this one cannot. */
export function describeUnless(obstacle: string | null): typeof describe.skip {
  return obstacle === null ? describe : describe.skip;
}

/** Ends the name of such tests. */
export function whyNot(obstacle: string | null): string {
  return obstacle === null ? '' : ` (not tried: ${obstacle})`;
}

/** Between `begin` and `end` the service refuses every change, answers reads and is not ready; it says so once, and so it does of the end. */
export async function expectLivesThrough(service: ServiceProcess, begin: () => void, end: () => void, said: RegExp): Promise<void> {
  const address = await service.listening();
  const queue = await aQueue(await serviceUser(address, 'root', true));
  const seen = await expectReadsAnswered(queue);
  begin();
  for (let round = 0; round < 3; round += 1) {
    await expectWritesRefused(queue, '');
    expect(await healthOf(address)).toEqual({ live: 200, ready: 503 });
    expect(await expectReadsAnswered(queue)).toEqual(seen);
  }
  end();
  expect(await healthOf(address)).toEqual({ live: 200, ready: 200 });
  await expectWorkGoesOn(queue);
  expect(databaseLines(service)).toEqual([expect.stringMatching(said), expect.stringMatching(/LOG .*can be used again/)]);
  expect(await service.stop()).toBe(0);
}

/** What a service that cannot start yet says, which has to be one line. */
export async function lineOfWaiting(service: ServiceProcess): Promise<string> {
  await until('the service says why it waits', () => service.stderr.includes('\n'));
  expect(service.stderr).toMatch(/^joblib cannot start yet, and tries again every 2 s: .*\n$/);
  return service.stderr;
}
