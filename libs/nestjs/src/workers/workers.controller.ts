import { Delete, Get, HttpCode, Param, Patch, Post } from '@nestjs/common';
import type { Page, PageRequest, WorkerSummary, WorkerView } from '@joblib/contract';

import { CurrentCaller, JoblibController, PageQuery } from '../http/index.js';
import type { Caller } from '../ports/index.js';
import { Workers } from './workers.service.js';

@JoblibController()
export class WorkersController {
  constructor(private readonly workers: Workers) {}

  @Post('workers')
  create(@CurrentCaller() caller: Caller): Promise<WorkerView> {
    return this.workers.create(caller);
  }

  @Get('workers')
  list(@PageQuery() page: PageRequest, @CurrentCaller() caller: Caller): Promise<Page<WorkerSummary>> {
    return this.workers.list(null, page, caller);
  }

  @Get('rooms/:room/workers')
  listOfRoom(@Param('room') roomId: string, @PageQuery() page: PageRequest, @CurrentCaller() caller: Caller): Promise<Page<WorkerSummary>> {
    return this.workers.list(roomId, page, caller);
  }

  @Patch('workers/:id')
  heartbeat(@Param('id') workerId: string, @CurrentCaller() caller: Caller): Promise<WorkerView> {
    return this.workers.heartbeat(workerId, caller);
  }

  @Delete('workers/:id')
  @HttpCode(204)
  remove(@Param('id') workerId: string, @CurrentCaller() caller: Caller): Promise<void> {
    return this.workers.remove(workerId, caller);
  }
}
