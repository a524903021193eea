import { runCommandLine } from './command-line.js';
import { SYSTEM_EPOCH_CLOCK } from './clock.js';
import { EXIT } from './errors.js';
import { Interrupted } from './interrupts.js';
import { Outlet } from './screen/terminal.js';

const { stdin, stdout, stderr, env } = process;

/** Whoever reads us has seen enough (`| head`): that is no failure, and there is nobody left to write for. */
function stopWhenNobodyReads(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
}

stdout.on('error', stopWhenNobodyReads);
stderr.on('error', () => undefined);

try {
  process.exitCode = EXIT.done;
  const world = {
    out: new Outlet(stdout, env),
    err: new Outlet(stderr, env),
    env,
    folder: process.cwd(),
    stdin,
    clock: SYSTEM_EPOCH_CLOCK,
  };
  const exitCode = await runCommandLine(process.argv.slice(2), world);
  // A module that was loaded may have left timers and connections behind.
  stdout.write('', () => process.exit(exitCode));
} catch (error) {
  if (!(error instanceof Interrupted)) throw error;
  process.kill(process.pid, error.signal);
}
