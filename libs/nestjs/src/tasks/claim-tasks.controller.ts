import { setImmediate as nextTurn } from 'node:timers/promises';

import { HttpCode, Logger, Post, Req, Res } from '@nestjs/common';
import type { BeforeApplicationShutdown } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { taskJson } from '../domain/task-json.js';
import { CurrentCaller, JoblibController, JsonBody, JsonText, Prefer, answerOutcome, clientGone } from '../http/index.js';
import type { Preferences } from '../http/index.js';
import type { Caller } from '../ports/index.js';
import { ClaimTasks } from './claim-tasks.service.js';
import { claimingWorkerId } from './claiming-worker-id.js';
import { HeldClaims } from './held-claims.service.js';
import type { HeldLook } from './held-claims.service.js';
import { ClaimTaskDto } from './task.dtos.js';

@JoblibController('/tasks/claim')
export class ClaimTasksController implements BeforeApplicationShutdown {
  readonly #logger = new Logger('Claims');
  /** Claims whose answer is neither written nor, when it was lost, undone. */
  readonly #unsettled = new Set<Promise<void>>();

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
    const claiming = {
      userId: caller.id,
      workerId: claimingWorkerId(body.worker_id, caller),
      maxTasks: body.max_tasks ?? 1,
      internal: false,
    };
    const claimed = this.heldClaims.claim(claiming, waitSeconds, () => clientGone(request));
    this.#undoIfLost(claimed, reply);
    const { look, appliedWaitSeconds } = await claimed;
    // That a client left after asking shows only once the event loop has been to its sockets again.
    if (look.tasks.length > 0) await nextTurn();
    if (appliedWaitSeconds !== null) reply.header('preference-applied', `wait=${appliedWaitSeconds}`);
    const tasks = look.tasks.map((task) => taskJson(task, null));
    const first = tasks[0] ?? 'null';
    return typeof body.max_tasks === 'number' ? `{"task":${first},"tasks":[${tasks.join(',')}]}` : `{"task":${first}}`;
  }

  /** Before the database is closed. */
  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.#unsettled);
  }

  #undoIfLost(claimed: Promise<HeldLook>, reply: FastifyReply): void {
    const settled = this.#settle(claimed, reply)
      .catch((error: unknown) => this.#logger.error(`Claims whose answer was lost could not be undone: ${String(error)}`))
      .finally(() => this.#unsettled.delete(settled));
    this.#unsettled.add(settled);
  }

  async #settle(claimed: Promise<HeldLook>, reply: FastifyReply): Promise<void> {
    const tasks = await claimed.then(
      ({ look }) => look.tasks,
      () => [],
    );
    if (tasks.length > 0 && (await answerOutcome(reply)) === 'lost') await this.claims.undo(tasks);
  }
}
