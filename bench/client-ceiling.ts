import { formatRequest, HttpConnection, requestHead } from './http-connection.js';
import type { ServerProcess } from './server-process.js';

const BODY = JSON.stringify({ payload: { axis: 'z', angle: 90, frames: [0, 1, 2, 3] } });

export interface ClientCeiling {
  readonly connections: number;
  readonly postsPerSecond: number;
  /** Processor time over elapsed time: below 1 it was the responder that set the limit. */
  readonly clientBusy: number;
}

/** How many POSTs a second this client manages (with JSON parsed, as in the loads) when the server does next to nothing. */
export async function measureClientCeiling(server: ServerProcess, connections: number, seconds: number): Promise<ClientCeiling> {
  const lanes = await Promise.all(Array.from({ length: connections }, () => HttpConnection.open(server.origin)));
  const head = requestHead('POST', '/v1/joblib/tasks/claim', new URL(server.origin).host, null);
  await postUntil(lanes, head, seconds / 4);
  const cpuBefore = process.cpuUsage();
  const beganMs = performance.now();
  const posts = await postUntil(lanes, head, seconds);
  const elapsedSeconds = (performance.now() - beganMs) / 1000;
  const cpu = process.cpuUsage(cpuBefore);
  for (const lane of lanes) lane.close();
  return { connections, postsPerSecond: posts / elapsedSeconds, clientBusy: (cpu.user + cpu.system) / 1e6 / elapsedSeconds };
}

async function postUntil(lanes: readonly HttpConnection[], head: string, seconds: number): Promise<number> {
  const deadlineMs = performance.now() + seconds * 1000;
  let posts = 0;
  await Promise.all(
    lanes.map(async (lane) => {
      while (performance.now() < deadlineMs) {
        const response = await lane.send(formatRequest(head, BODY));
        const { task } = JSON.parse(response.body) as { task: { id: string } };
        if (response.status !== 202 || task.id === '') throw new Error(`The responder answered ${response.status}.`);
        posts += 1;
      }
    }),
  );
  return posts;
}
