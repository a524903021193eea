import { Body, Controller, Delete, Get, Param, ParseUUIDPipe, Post, Put, UseGuards } from '@nestjs/common';
import { JoblibTasks } from '@joblib/nestjs';
import type { Caller, TaskSnapshot } from '@joblib/nestjs';
import { StudioCaller, StudioGuard } from '../http/studio-caller.js';
import type { Order } from './order.entity.js';
import { Orders } from './orders.service.js';

const LONGEST_WAIT_SECONDS = 20;

/** `/studio/orders`: tasks, as our own people know them. */
@Controller('orders')
@UseGuards(StudioGuard)
export class OrdersController {
  constructor(
    private readonly orders: Orders,
    private readonly tasks: JoblibTasks,
  ) {}

  @Post()
  place(@StudioCaller() caller: Caller, @Body('roomId') roomId: string, @Body('wish') wish: string): Promise<TaskSnapshot> {
    return this.orders.place(caller, roomId, wish);
  }

  @Get()
  list(): Promise<Order[]> {
    return this.orders.list();
  }

  /** What is to be drawn next, by one of the caller's workers. */
  @Post('next')
  next(@StudioCaller() caller: Caller): Promise<TaskSnapshot[]> {
    return this.tasks.claim(caller);
  }

  @Get('tasks/:id')
  get(@StudioCaller() caller: Caller, @Param('id', ParseUUIDPipe) taskId: string): Promise<TaskSnapshot> {
    return this.tasks.get(caller, taskId);
  }

  @Get('tasks/:id/end')
  end(@StudioCaller() caller: Caller, @Param('id', ParseUUIDPipe) taskId: string): Promise<TaskSnapshot> {
    return this.tasks.waitFor(caller, taskId, { timeoutSeconds: LONGEST_WAIT_SECONDS });
  }

  @Put('tasks/:id/drawing')
  async deliver(
    @StudioCaller() caller: Caller,
    @Param('id', ParseUUIDPipe) taskId: string,
    @Body('drawing') drawing: string,
  ): Promise<TaskSnapshot> {
    await this.tasks.report(caller, { taskId, status: 'running' });
    return this.tasks.report(caller, { taskId, status: 'completed', result: { drawing } });
  }

  @Delete('tasks/:id')
  cancel(@StudioCaller() caller: Caller, @Param('id', ParseUUIDPipe) taskId: string): Promise<TaskSnapshot> {
    return this.tasks.cancel(caller, taskId, 'Not wanted any more.');
  }
}
