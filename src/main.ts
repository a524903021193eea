import 'reflect-metadata';
import { ConfigError } from './config/config-error.js';
import { earlyLogLevel, readEnvironment } from './config/environment.js';
import { readJoblibFile } from './config/joblib-file.js';
import { readServiceConfig } from './config/service-config.js';
import { reportFailure } from './log/report-failure.js';

async function main(): Promise<void> {
  const environment = readEnvironment(process.cwd());
  const config = readServiceConfig(environment);
  const file = readJoblibFile(config.joblibFile, process.cwd(), environment);
  // Not before: a bad setting is told at once, without the second that loading all the rest takes.
  const [{ Service }, { stopOnSignals }, { waitForDisk }] = await Promise.all([
    import('./service.js'),
    import('./stop-on-signals.js'),
    import('./database/wait-for-disk.js'),
  ]);
  const service = await waitForDisk(
    () => Service.create(config, file, environment),
    (error) => reportFailure('joblib cannot start yet, and tries again every 2 s', error, config.logLevel),
  );
  const address = await service.listen().catch((error: unknown) => {
    throw explainListenError(error, config.host, config.port);
  });
  stopOnSignals(service);
  console.log(`listening on ${address}`);
  service.startServices();
}

function explainListenError(error: unknown, host: string, port: number): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE')
    return new ConfigError(`PORT is '${port}', and another program listens there on ${host}; stop it or choose another port.`, {
      cause: error,
    });
  if (code === 'EACCES')
    return new ConfigError(`PORT is '${port}', which this user may not listen on; choose one above 1023.`, { cause: error });
  if (code === 'ENOTFOUND' || code === 'EADDRNOTAVAIL' || code === 'EAI_AGAIN') {
    return new ConfigError(`HOST is '${host}', which is no address of this machine.`, { cause: error });
  }
  return error;
}

main().catch((error: unknown) => {
  reportFailure('joblib cannot start', error, earlyLogLevel());
  process.exit(1);
});
