// A worker in a process of its own, so that it can be killed and paused. Everything it was answered goes into its history.
import { appendFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { io } from 'socket.io-client';

const { ORIGIN, TOKEN, HISTORY, NAME, KIND, JOBS, WORKER_TIMEOUT_SECONDS } = process.env;
const jobs = JSON.parse(JOBS);
const CALL_TIMEOUT_MS = 10_000;
const RETRY_MS = 100;

let workerId = null;
const stopping = new AbortController();
/** Called when there may be something to claim. */
let wake = () => undefined;
let socket = null;

const now = () => performance.timeOrigin + performance.now();
const record = (entry) => appendFileSync(HISTORY, `${JSON.stringify(entry)}\n`);

/** @returns the answer's body, or null; what happened is recorded. */
async function call(op, method, path, body, said, headers = {}) {
  const entry = { kind: 'call', op, by: NAME, worker: workerId, ...said, from: now() };
  let status = null;
  let answer = null;
  try {
    const response = await fetch(`${ORIGIN}/v1/joblib${path}`, {
      method,
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
    });
    answer = await response.json();
    ({ status } = response);
  } catch {
    // No answer, or not all of it: nobody knows what it would have said.
  }
  const of = op === 'claim' && status === 200 ? { tasks: answer.tasks.map(({ id, job_name }) => ({ id, job: job_name })) } : {};
  const isNew = op === 'life' && status === 201 && path === '/workers';
  record({ ...entry, ...of, ...(isNew ? { worker: answer.id } : {}), to: now(), status });
  return { status, answer };
}

/** Again and again until somebody says something about the matter. */
async function insist(...request) {
  for (;;) {
    const outcome = await call(...request);
    if (outcome.status !== null && outcome.status !== 503) return outcome;
    await pause(RETRY_MS);
  }
}

async function register() {
  workerId = null;
  const { answer } = await insist('life', 'POST', '/workers', {}, {});
  workerId = answer.id;
  for (const job of jobs) {
    const [room, category, name] = job.split(':');
    await insist('life', 'PUT', `/rooms/${encodeURIComponent(room)}/jobs`, { category, name, worker_id: workerId }, {});
  }
  join();
}

function join() {
  if (!socket?.connected) return;
  for (const job of jobs) {
    const joining = workerId;
    socket.emit('join_job_room', { job_name: job, worker_id: joining }, ({ status }) => {
      if (status === 'ok') record({ kind: 'socket', worker: joining, is: 'joined', at: now() });
    });
  }
}

async function beat() {
  while (!stopping.signal.aborted) {
    await pause((Number(WORKER_TIMEOUT_SECONDS) * 1000) / 4);
    if (workerId !== null) await call('life', 'PATCH', `/workers/${workerId}`, {}, {});
  }
}

async function work({ id }) {
  for (const says of ['running', 'completed']) {
    const { status } = await insist('report', 'PATCH', `/tasks/${id}`, { status: says }, { task: id, says });
    if (status !== 200 && !(status === 409 && says === 'running')) return;
  }
}

async function serve() {
  const isHeld = KIND === 'held';
  while (!stopping.signal.aborted) {
    const headers = isHeld ? { prefer: 'wait=5' } : {};
    const woken = new Promise((resolve) => (wake = resolve));
    const { status, answer } = await call('claim', 'POST', '/tasks/claim', { worker_id: workerId, max_tasks: 1 }, {}, headers);
    if (status === 200) for (const task of answer.tasks) await work(task);
    if (status === 404) await register();
    else if (status !== 200) await pause(RETRY_MS);
    else if (!isHeld && answer.tasks.length === 0) await Promise.race([woken, pause(1000)]);
  }
}

if (KIND === 'socket') {
  socket = io(ORIGIN, { transports: ['websocket'], auth: { token: TOKEN }, reconnectionDelay: 50, reconnectionDelayMax: 500 });
  socket.on('connect', join);
  socket.on('task_available', () => wake());
  socket.on('disconnect', () => {
    wake();
    if (workerId !== null) record({ kind: 'socket', worker: workerId, is: 'lost', at: now() });
  });
}
process.once('SIGTERM', () => {
  stopping.abort();
  wake();
});

await register();
console.log('ready');
void beat();
await serve();
socket?.disconnect();
process.exit(0);
