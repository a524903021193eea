import { randomUUID } from 'node:crypto';
import { ConflictException, Injectable } from '@nestjs/common';
import { JoblibTasks } from '@joblib/nestjs';
import type { Caller, TaskSnapshot } from '@joblib/nestjs';
import { QueryFailedError } from 'typeorm';
import type { QueryRunner } from 'typeorm';
import { StudioSessions } from '../database/studio-sessions.js';
import { Order } from './order.entity.js';

const JOB = '@global:drawings:Draw';

/** How joblib remembers who submitted what under a key; the row comes in the transaction of its task. */
const SUBMISSION_KEYS = 'joblib_submission_key';

interface SubmissionKey {
  readonly userId: string;
  readonly roomId: string;
  readonly jobName: string;
  readonly key: string;
  /** A JSON list. */
  readonly taskIds: string;
}

type ExpectedOrder = Omit<Order, 'taskId'> & { readonly callerId: string };

/** What people want drawn. An order and its task are made in one transaction: there is never one without the other. */
@Injectable()
export class Orders {
  readonly #expected = new Map<string, ExpectedOrder>();

  constructor(
    private readonly sessions: StudioSessions,
    private readonly tasks: JoblibTasks,
  ) {
    sessions.accompany((session) => this.#enterExpected(session));
  }

  /** @throws ConflictException when somebody ordered the same. @throws ProblemError what joblib refuses with. */
  async place(caller: Caller, roomId: string, wish: string): Promise<TaskSnapshot> {
    const id = randomUUID();
    this.#expected.set(id, { id, roomId, wish, callerId: caller.id });
    try {
      return await this.tasks.submit(caller, { roomId, jobName: JOB, payload: { wish }, idempotencyKey: id });
    } catch (error) {
      if (error instanceof QueryFailedError) throw new ConflictException(`'${wish}' was ordered already.`, { cause: error });
      throw error;
    } finally {
      this.#expected.delete(id);
    }
  }

  list(): Promise<Order[]> {
    return this.sessions.read(({ manager }) => manager.find(Order));
  }

  /** Enters the orders whose task was made in this transaction, as their key tells. */
  async #enterExpected({ manager }: QueryRunner): Promise<void> {
    for (const { callerId, ...order } of this.#expected.values()) {
      const key = { userId: callerId, roomId: order.roomId, jobName: JOB, key: order.id };
      const submission = await manager.findOneBy<SubmissionKey>(SUBMISSION_KEYS, key);
      const [taskId] = submission === null ? [] : (JSON.parse(submission.taskIds) as string[]);
      // Saving twice what is there already changes nothing.
      if (taskId !== undefined) await manager.save(Order, { ...order, taskId });
    }
  }
}
