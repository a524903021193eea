import { Get, Param, Patch, Req, Res } from '@nestjs/common';
import type { PageRequest, TaskStatus } from '@joblib/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { taskJson } from '../domain/task-json.js';
import { taskListJson } from '../domain/task-with-position.js';
import {
  CurrentCaller,
  JoblibController,
  JsonBody,
  JsonText,
  PageQuery,
  Prefer,
  StatusQuery,
  clientGone,
  validateItems,
} from '../http/index.js';
import type { Preferences } from '../http/index.js';
import type { Caller } from '../ports/index.js';
import { existingTaskId } from './existing-task-id.js';
import { HeldPolls } from './held-polls.service.js';
import { ReadTasks } from './read-tasks.service.js';
import type { TaskPage } from './read-tasks.service.js';
import { reportItemJson, reportingOf } from './report-json.js';
import { ReportTasks } from './report-tasks.service.js';
import { ReportBatchDto, ReportItemDto, ReportTaskDto } from './task.dtos.js';

@JoblibController()
export class TasksController {
  constructor(
    private readonly reads: ReadTasks,
    private readonly polls: HeldPolls,
    private readonly reports: ReportTasks,
  ) {}

  /** Answers at once, or with `Prefer: wait=N` when the task has ended. */
  @Get('tasks/:id')
  @JsonText()
  async get(
    @Param('id') id: string,
    @Prefer() { waitSeconds = 0 }: Preferences,
    @CurrentCaller() caller: Caller,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const { queued, appliedWaitSeconds } = await this.polls.get(existingTaskId(id), caller, waitSeconds, () => clientGone(request));
    if (appliedWaitSeconds !== null) reply.header('preference-applied', `wait=${appliedWaitSeconds}`);
    return taskJson(queued.task, queued.queuePosition);
  }

  @Patch('tasks/:id')
  @JsonText()
  async report(@Param('id') id: string, @JsonBody() body: ReportTaskDto, @CurrentCaller() caller: Caller): Promise<string> {
    return taskJson(await this.reports.report(reportingOf(body, id, caller)), null);
  }

  /** Each update on its own, in order. */
  @Patch('tasks')
  @JsonText()
  async reportMany(@JsonBody() body: ReportBatchDto, @CurrentCaller() caller: Caller): Promise<string> {
    const items = validateItems(ReportItemDto, body.updates, '/updates');
    const outcomes = await this.reports.reportMany(items.map((item) => reportingOf(item, item.id, caller)));
    return `{"items":[${outcomes.map((outcome, index) => reportItemJson(items[index]?.id ?? '', outcome)).join(',')}]}`;
  }

  @Get('rooms/:room/tasks')
  @JsonText()
  async listOfRoom(
    @Param('room') roomId: string,
    @StatusQuery() status: TaskStatus | undefined,
    @PageQuery() page: PageRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<string> {
    return pageJson(await this.reads.listOfRoom(roomId, status, page, caller), page);
  }

  @Get('rooms/:room/jobs/:fullName/tasks')
  @JsonText()
  async listOfJob(
    @Param('room') roomId: string,
    @Param('fullName') jobName: string,
    @StatusQuery() status: TaskStatus | undefined,
    @PageQuery() page: PageRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<string> {
    return pageJson(await this.reads.listOfJob(roomId, jobName, status, page, caller), page);
  }
}

function pageJson({ tasks, total }: TaskPage, { limit, offset }: PageRequest): string {
  return `{"items":${taskListJson(tasks)},"total":${total},"limit":${limit},"offset":${offset}}`;
}
