import { HttpClient } from './http/http-client.js';
import { JoblibApi } from './http/joblib-api.js';
import { Retries } from './http/retries.js';
import { TokenSource } from './http/token-source.js';
import type { SettledOptions } from './options.js';
import { ProviderDesk } from './providers/provider-desk.js';
import { openSocket } from './sockets/joblib-socket.js';
import { SocketLink } from './sockets/socket-link.js';
import { TaskWaiting } from './wait-for-task.js';
import { ActiveTasks } from './worker/active-tasks.js';
import { ClaimLoop } from './worker/claim-loop.js';
import { Claims } from './worker/claims.js';
import { Heartbeats } from './worker/heartbeats.js';
import { Registration } from './worker/registration.js';
import { ServerContact } from './worker/server-contact.js';
import { Serving } from './worker/serving.js';
import { StopSwitch } from './worker/stop-switch.js';
import { TaskReports } from './worker/task-reports.js';
import { TaskRunner } from './worker/task-runner.js';

/** What a `JobManager` is made of. */
export interface ManagerParts {
  readonly api: JoblibApi;
  readonly retries: Retries;
  readonly stop: StopSwitch;
  readonly active: ActiveTasks;
  readonly registration: Registration;
  readonly claims: Claims;
  readonly reports: TaskReports;
  readonly loop: ClaimLoop;
  readonly serving: Serving;
  readonly desk: ProviderDesk;
  readonly heartbeats: Heartbeats;
  readonly waiting: TaskWaiting;
  /** `null`: without sockets. */
  readonly link: SocketLink | null;
}

/** Puts the parts together; nothing is sent. `onWorker` is called when the worker was made. */
export function assemble(options: SettledOptions, onWorker: () => void): ManagerParts {
  const { url, fetch, clock, logger, maxUnreachableSeconds, pollingInterval, drainSeconds } = options;
  const tokens = new TokenSource(options.token);
  const api = new JoblibApi(new HttpClient({ url, tokens, fetch, clock }));
  const retries = new Retries({ clock, logger, maxAttempts: options.maxStartupRetries, maxUnreachableSeconds });
  const stop = new StopSwitch();
  const isWorthFinishing = (): boolean => stop.reason === null || stop.reason.kind === 'disconnected';
  const contact = new ServerContact({ clock, logger, stop, maxUnreachableSeconds });
  const active = new ActiveTasks();
  const reports = new TaskReports({ api, retries, active, logger });
  const link = linkOf(options, tokens, () => heartbeats.wake());
  const registration = new Registration({ api, retries, stop, link, onWorker });
  const handlers = (): ReadonlyMap<string, unknown> => handlersOf(registration);
  const claims = new Claims({ api, reports, active, logger, jobs: registration.jobs, handlers });
  const loop = new ClaimLoop({ clock, claims, contact, pollingSeconds: pollingInterval, workerId: () => registration.requireWorkerId() });
  const runner = new TaskRunner({ claims, reports, contact, logger });
  const heartbeats: Heartbeats = new Heartbeats({
    clock,
    contact,
    intervalSeconds: options.heartbeatInterval,
    isSocketDown: () => link?.isDown === true,
    beat: (signal) => api.heartbeat(registration.workerId ?? '', signal),
  });
  return {
    api,
    retries,
    stop,
    active,
    registration,
    claims,
    reports,
    loop,
    serving: new Serving({
      clock,
      loop,
      runner,
      active,
      concurrency: options.concurrency,
      drainSeconds,
      isWorthFinishing,
    }),
    desk: new ProviderDesk({ clock, api, retries, contact, logger, providers: registration.providers, drainSeconds, isWorthFinishing }),
    heartbeats,
    waiting: new TaskWaiting({ api, retries, clock, link, pollingSeconds: pollingInterval }),
    link,
  };
}

/** Handlers of the providers by full name, as they are now. */
export function handlersOf(registration: Registration): ReadonlyMap<string, unknown> {
  return new Map([...registration.providers].map(([fullName, { handler }]) => [fullName, handler]));
}

function linkOf(options: SettledOptions, tokens: TokenSource, onDropped: () => void): SocketLink | null {
  const { socket, url, clock, logger } = options;
  if (socket === false) return null;
  return new SocketLink({
    open: () => socket ?? openSocket(url, tokens),
    isOwned: socket === null,
    onRefused: () =>
      tokens
        .get()
        .then((refused) => tokens.renew(refused))
        .catch(() => false),
    onDropped,
    clock,
    logger,
  });
}
