import { Get, HttpCode, Param, Post } from '@nestjs/common';
import type { Page, PageRequest, ServiceView } from '@joblib/contract';

import { CurrentCaller, JoblibController, PageQuery } from '../http/index.js';
import type { Caller } from '../ports/index.js';
import { CallService } from './call-service.service.js';
import { ReadServices } from './read-services.service.js';

@JoblibController('/services')
export class ServicesController {
  constructor(
    private readonly reads: ReadServices,
    private readonly calls: CallService,
  ) {}

  @Get()
  list(@PageQuery() page: PageRequest): Promise<Page<ServiceView>> {
    return this.reads.list(page);
  }

  @Post(':name/start')
  @HttpCode(202)
  start(@Param('name') name: string, @CurrentCaller() caller: Caller): Promise<ServiceView> {
    return this.calls.call(name, 'start', caller);
  }

  @Post(':name/stop')
  @HttpCode(202)
  stop(@Param('name') name: string, @CurrentCaller() caller: Caller): Promise<ServiceView> {
    return this.calls.call(name, 'stop', caller);
  }

  @Post(':name/restart')
  @HttpCode(202)
  restart(@Param('name') name: string, @CurrentCaller() caller: Caller): Promise<ServiceView> {
    return this.calls.call(name, 'restart', caller);
  }

  @Post(':name/reset')
  @HttpCode(202)
  reset(@Param('name') name: string, @CurrentCaller() caller: Caller): Promise<ServiceView> {
    return this.calls.call(name, 'reset', caller);
  }
}
