import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Playground, ServiceProcess } from '../service/server-process.js';
import { JoblibUser } from '../support/joblib-user.js';
import type { TemporaryApplication } from './application.js';

/** A running service with plugins, and somebody who may do everything. */
export interface ServiceScene {
  readonly server: ServiceProcess;
  readonly address: string;
  readonly root: JoblibUser;
}

/** Starts the service in the folder of an application, whose `joblib.yaml` is given. */
export async function startService(
  playground: Playground,
  application: TemporaryApplication,
  config: object,
  environment: Record<string, string> = {},
): Promise<ServiceScene> {
  const { folder } = application;
  writeFileSync(join(folder, 'joblib.yaml'), JSON.stringify(config));
  const token = await playground.token(folder, ['--sub', 'root', '--superuser']);
  const server = playground.start(folder, environment);
  const address = await server.listening();
  return { server, address, root: new JoblibUser(address, token) };
}

/** The id of a task of that job which a worker of `root` completed with that result. */
export async function completeTask({ root }: Pick<ServiceScene, 'root'>, job: string, result: unknown): Promise<string> {
  const { status, body: registered } = await root.register(job);
  if (status >= 300) throw new Error(`${job} was not registered: ${JSON.stringify(registered)}`);
  const { body: task } = await root.submit('lab', job, { path: 'x' });
  await root.claim(registered.worker_id);
  await root.report(task.id, 'running');
  const reported = await root.report(task.id, 'completed', { result });
  if (reported.status !== 200) throw new Error(`The report was not taken: ${JSON.stringify(reported.body)}`);
  return task.id;
}
