import { HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { taskJson } from '../domain/task-json.js';
import { taskListJson } from '../domain/task-with-position.js';
import { CurrentCaller, JoblibController, JsonBody, JsonText, addressFor, jsonTextOf } from '../http/index.js';
import type { Caller } from '../ports/index.js';
import { IdempotencyKey } from './idempotency-key.js';
import { SubmitTasks } from './submit-tasks.service.js';
import { SubmitBatchDto, SubmitTaskDto } from './task.dtos.js';

@JoblibController('/rooms/:room/tasks/:fullName')
export class SubmitTasksController {
  constructor(private readonly submissions: SubmitTasks) {}

  /** 202 with the task; 200 when the idempotency key was seen before. */
  @Post()
  @HttpCode(202)
  @JsonText()
  async submit(
    @Param('room') roomId: string,
    @Param('fullName') jobName: string,
    @JsonBody() body: SubmitTaskDto,
    @IdempotencyKey() idempotencyKey: string | undefined,
    @CurrentCaller() caller: Caller,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const payloads = [Object.keys(body.payload).length === 0 ? '{}' : jsonTextOf(body, 'payload')];
    const { tasks, isReplay } = await this.submissions.submit({ caller, roomId, jobName, payloads, idempotencyKey, isBatch: false });
    const [first] = tasks;
    if (first === undefined) throw new Error('A submission of one payload made no task.');
    if (isReplay) reply.status(200);
    reply.header('location', addressFor(request, `/tasks/${first.task.id}`)).header('retry-after', '1');
    return taskJson(first.task, first.queuePosition);
  }

  /** All tasks or none. */
  @Post('batch')
  @HttpCode(202)
  @JsonText()
  async submitBatch(
    @Param('room') roomId: string,
    @Param('fullName') jobName: string,
    @JsonBody() body: SubmitBatchDto,
    @IdempotencyKey() idempotencyKey: string | undefined,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const payloads = body.payloads.map((_, index) => jsonTextOf(body, 'payloads', index));
    const { tasks, isReplay } = await this.submissions.submit({ caller, roomId, jobName, payloads, idempotencyKey, isBatch: true });
    if (isReplay) reply.status(200);
    return `{"items":${taskListJson(tasks)}}`;
  }
}
