/**
 * The peer: the same calls on a bare Fastify with its defaults, tasks in memory, no token, no database, no events.
 * What a framework alone allows on this machine; nothing else may be concluded from it.
 */
import Fastify from 'fastify';
import { randomUUID } from 'node:crypto';
import type { TaskView } from '@joblib/contract';

type Task = { -readonly [Key in keyof TaskView]: TaskView[Key] };

interface RoomTasks {
  readonly tasks: Task[];
  completedCount: number;
}

const app = Fastify();
const tasks = new Map<string, Task>();
const rooms = new Map<string, RoomTasks>();
const workerIds = new Set<string>();
let queue: Task[] = [];
let queueHead = 0;
let idCount = 0;

/** Time-ordered like a UUIDv7, so that ids break ties of `created_at` in the order of creation. */
function nextId(): string {
  idCount += 1;
  const time = Date.now().toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${idCount.toString(16).padStart(12, '0')}`;
}

function roomOf(roomId: string): RoomTasks {
  let room = rooms.get(roomId);
  if (!room) {
    room = { tasks: [], completedCount: 0 };
    rooms.set(roomId, room);
  }
  return room;
}

function enqueue(task: Task): void {
  queue.push(task);
  task.queue_position = queue.length - queueHead;
}

function dequeue(): Task | null {
  const task = queue[queueHead];
  if (!task) return null;
  queueHead += 1;
  if (queueHead > 10_000 && queueHead * 2 > queue.length) {
    queue = queue.slice(queueHead);
    queueHead = 0;
  }
  return task;
}

app.put('/v1/joblib/rooms/:room/jobs', (request, reply) => {
  const { room } = request.params as { room: string };
  const { category, name, schema } = request.body as { category: string; name: string; schema: unknown };
  const workerId = randomUUID();
  workerIds.add(workerId);
  const fullName = `${room}:${category}:${name}`;
  void reply
    .code(201)
    .send({ id: randomUUID(), room_id: room, category, name, full_name: fullName, schema, workers: [...workerIds], worker_id: workerId });
});

app.delete('/v1/joblib/workers/:id', (request, reply) => {
  workerIds.delete((request.params as { id: string }).id);
  void reply.code(204).send();
});

app.post('/v1/joblib/rooms/:room/tasks/:job', (request, reply) => {
  const { room, job } = request.params as { room: string; job: string };
  const { payload } = request.body as { payload: Record<string, unknown> };
  const task: Task = {
    id: nextId(),
    job_name: job,
    room_id: room,
    status: 'pending',
    created_at: new Date().toISOString(),
    started_at: null,
    completed_at: null,
    worker_id: null,
    error: null,
    payload,
    queue_position: null,
    result: null,
    progress: null,
    created_by_id: null,
    attempt: 0,
  };
  tasks.set(task.id, task);
  roomOf(room).tasks.push(task);
  enqueue(task);
  void reply.code(202).header('location', `/v1/joblib/tasks/${task.id}`).header('retry-after', '1').send(task);
});

app.post('/v1/joblib/tasks/claim', (request, reply) => {
  const { worker_id: workerId } = request.body as { worker_id: string };
  const task = dequeue();
  if (task) {
    task.status = 'claimed';
    task.worker_id = workerId;
    task.queue_position = null;
    task.attempt += 1;
  }
  void reply.send({ task });
});

app.patch('/v1/joblib/tasks/:id', (request, reply) => {
  const { status } = request.body as { status: string };
  const task = tasks.get((request.params as { id: string }).id);
  if (task?.status === 'claimed' && status === 'running') {
    task.status = 'running';
    task.started_at = new Date().toISOString();
    void reply.send(task);
  } else if (task?.status === 'running' && status === 'completed') {
    task.status = 'completed';
    task.completed_at = new Date().toISOString();
    roomOf(task.room_id).completedCount += 1;
    void reply.send(task);
  } else {
    void reply.code(task ? 409 : 404).send({ status: task ? 409 : 404 });
  }
});

app.get('/v1/joblib/rooms/:room/tasks', (request, reply) => {
  const { status } = request.query as { status?: string };
  const room = roomOf((request.params as { room: string }).room);
  void reply.send({ items: [], total: status === 'completed' ? room.completedCount : room.tasks.length, limit: 0, offset: 0 });
});

process.once('SIGTERM', () => process.exit(0));
const origin = await app.listen({ host: '127.0.0.1', port: 0 });
console.log(`listening on ${origin}`);
