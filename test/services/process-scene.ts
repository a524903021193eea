import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { RecordingLogger } from '@joblib/plugins/testing';
import { ProcessService, Supervisor } from '@joblib/plugins/services';
import type { ProcessServiceConfig, ProcessServiceOptions, ServiceOutput, ServicePolicy } from '@joblib/plugins/services';

import { HURRIED_CLOCK } from './hurried-clock.js';

/** On a busy machine a program takes its time: 600 s are 30 of the hurried clock. */
const PATIENT: Partial<ServicePolicy> = {
  startTimeoutSeconds: 600,
  stopTimeoutSeconds: 600,
  healthTimeoutSeconds: 200,
  forceTimeoutSeconds: 400,
};

/** One program under a supervisor of its own. */
export class ProcessScene {
  readonly folder = mkdtempSync(join(tmpdir(), 'joblib-services-'));
  readonly logger = new RecordingLogger();
  readonly output: ServiceOutput[] = [];
  readonly moves: string[] = [];
  readonly service: ProcessService;
  readonly supervisor: Supervisor;

  constructor(config: Omit<ProcessServiceConfig, 'name'>, policy: Partial<ServicePolicy> = {}, options: ProcessServiceOptions = {}) {
    this.service = new ProcessService(
      { name: 'program', cwd: this.folder, ...config },
      { logger: this.logger, onOutput: (line) => this.output.push(line), recordsFolder: this.records, ...options },
    );
    this.supervisor = new Supervisor([{ plugin: this.service, policy: { ...PATIENT, ...policy } }], {
      logger: this.logger,
      clock: HURRIED_CLOCK,
    });
    this.supervisor.onChange((change) => {
      if (change.kind === 'state') this.moves.push(`${change.from} -> ${change.to}`);
    });
  }

  get records(): string {
    return join(this.folder, 'records');
  }

  get status(): ReturnType<Supervisor['status']> {
    return this.supervisor.status('program');
  }

  /** What it wrote so far. */
  get lines(): string[] {
    return this.output.map(({ line }) => line);
  }

  start(): Promise<void> {
    return this.supervisor.start('program');
  }

  /** Of the process that runs, as it is recorded. */
  pid(): number {
    const [name] = readdirSync(this.records);
    const record = JSON.parse(readFileSync(join(this.records, name ?? ''), 'utf8')) as { process: { pid: number } };
    return record.process.pid;
  }

  async remove(): Promise<void> {
    await this.supervisor[Symbol.asyncDispose]();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Whether that process is there and has not ended. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return process.platform !== 'linux';
  }
}

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
