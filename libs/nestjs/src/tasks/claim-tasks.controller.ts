import { HttpCode, Logger, Post, Req, Res } from '@nestjs/common';
import { ProblemError } from '@joblib/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';

import type { Task } from '../domain/task.js';
import { taskJson } from '../domain/task-json.js';
import { asUuid } from '../domain/uuid.js';
import { CurrentCaller, JoblibController, JsonBody, JsonText, Prefer, answerOutcome, clientGone } from '../http/index.js';
import type { Preferences } from '../http/index.js';
import type { Caller } from '../ports/index.js';
import { ClaimTasks } from './claim-tasks.service.js';
import { HeldClaims } from './held-claims.service.js';
import { ClaimTaskDto } from './task.dtos.js';

@JoblibController('/tasks/claim')
export class ClaimTasksController {
  readonly #logger = new Logger('Claims');

  constructor(
    private readonly heldClaims: HeldClaims,
    private readonly claims: ClaimTasks,
  ) {}

  /** Answers at once, or with `Prefer: wait=N` when there is a task. A claim whose answer was lost is undone. */
  @Post()
  @HttpCode(200)
  @JsonText()
  async claim(
    @JsonBody() body: ClaimTaskDto,
    @Prefer() { waitSeconds = 0 }: Preferences,
    @CurrentCaller() caller: Caller,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const claiming = { userId: caller.id, workerId: workerIdOf(body, caller), maxTasks: body.max_tasks ?? 1, internal: false };
    const { look, appliedWaitSeconds } = await this.heldClaims.claim(claiming, waitSeconds, clientGone(request));
    if (look.tasks.length > 0) this.#undoIfLost(look.tasks, reply);
    if (appliedWaitSeconds !== null) reply.header('preference-applied', `wait=${appliedWaitSeconds}`);
    const tasks = look.tasks.map((task) => taskJson(task, null));
    const first = tasks[0] ?? 'null';
    return typeof body.max_tasks === 'number' ? `{"task":${first},"tasks":[${tasks.join(',')}]}` : `{"task":${first}}`;
  }

  #undoIfLost(tasks: readonly Task[], reply: FastifyReply): void {
    void answerOutcome(reply)
      .then((outcome) => (outcome === 'lost' ? this.claims.undo(tasks) : undefined))
      .catch((error: unknown) => this.#logger.error(`Claims whose answer was lost could not be undone: ${String(error)}`));
  }
}

/** `null` is any of the caller's workers. @throws ProblemError `WorkerNotFound` for an id that none can have. */
function workerIdOf({ worker_id }: ClaimTaskDto, caller: Caller): string | null {
  if (worker_id === undefined || worker_id === null) return null;
  const uuid = asUuid(worker_id);
  if (worker_id === caller.id) return null;
  if (uuid === null) throw new ProblemError('WorkerNotFound', `Worker '${worker_id}' is not there.`);
  return uuid;
}
