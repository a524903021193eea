import { Get, Param, Put, Res } from '@nestjs/common';
import type { JobSummary, Page, PageRequest } from '@joblib/contract';
import type { FastifyReply } from 'fastify';

import { jobJson } from '../domain/job-json.js';
import { CurrentCaller, JoblibController, JsonBody, JsonText, PageQuery, registeredSchema } from '../http/index.js';
import type { Caller } from '../ports/index.js';
import { ReadJobs } from './read-jobs.service.js';
import { RegisterJobDto } from './register-job.dto.js';
import { RegisterJob } from './register-job.service.js';

@JoblibController('/rooms/:room/jobs')
export class JobsController {
  constructor(
    private readonly registrations: RegisterJob,
    private readonly reads: ReadJobs,
  ) {}

  /** 201 for a new or revived job, 200 for one that was there with the same schema. */
  @Put()
  @JsonText()
  async register(
    @Param('room') roomId: string,
    @JsonBody() body: RegisterJobDto,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const { category, name } = body;
    const workerId = body.worker_id ?? null;
    const registered = await this.registrations.register({ caller, roomId, category, name, workerId, ...registeredSchema(body) });
    reply.status(registered.isNew ? 201 : 200);
    return jobJson(registered.job, registered.workers, registered.workerId);
  }

  @Get()
  list(@Param('room') roomId: string, @PageQuery() page: PageRequest, @CurrentCaller() caller: Caller): Promise<Page<JobSummary>> {
    return this.reads.list(roomId, page, caller);
  }

  @Get(':fullName')
  @JsonText()
  async get(@Param('room') roomId: string, @Param('fullName') fullName: string, @CurrentCaller() caller: Caller): Promise<string> {
    const { job, workers } = await this.reads.get(roomId, fullName, caller);
    return jobJson(job, workers);
  }
}
