import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import type { RoomEvent } from '@joblib/contract';
import { CLOCK, EVENT_PUBLISHER, PROVIDER_ROOM_CLEANUP, Sweeper, WAKE_UPS, WorkerCleanup } from '@joblib/nestjs';
import type { Swept } from '@joblib/nestjs';
import { StudioSessions } from '../database/studio-sessions.js';
import type { EmitterWakeUps } from '../overrides/emitter-wake-ups.js';
import type { ForgetfulRooms } from '../overrides/forgetful-rooms.js';
import type { StudioClock } from '../overrides/studio-clock.js';
import type { StudioEvents } from '../overrides/studio-events.js';

/** `/studio/operations`: what our operators see and do. */
@Controller('operations')
export class OperationsController {
  constructor(
    private readonly scheduler: SchedulerRegistry,
    private readonly sessions: StudioSessions,
    private readonly sweeper: Sweeper,
    private readonly cleanup: WorkerCleanup,
    @Inject(CLOCK) private readonly clock: StudioClock,
    @Inject(EVENT_PUBLISHER) private readonly events: StudioEvents,
    @Inject(WAKE_UPS) private readonly wakeUps: EmitterWakeUps,
    @Inject(PROVIDER_ROOM_CLEANUP) private readonly rooms: ForgetfulRooms,
  ) {}

  @Get()
  overview(): object {
    return {
      time: this.clock.now(),
      sessions: this.sessions.counts,
      wakeUps: this.wakeUps.count,
      intervals: this.scheduler.getIntervals().length,
      forgottenRooms: [...this.rooms.forgotten],
    };
  }

  @Get('events')
  latestEvents(): readonly RoomEvent[] {
    return this.events.latest;
  }

  /** A rehearsal: what would be, `seconds` from now? */
  @Post('clock')
  @HttpCode(204)
  advance(@Body('seconds') seconds: number): void {
    this.clock.advance(seconds);
  }

  @Post('sweep')
  sweep(): Promise<Swept> {
    return this.sweeper.sweepOnce(this.clock.now());
  }

  @Delete('workers/:id')
  async dismiss(@Param('id') id: string): Promise<{ isDismissed: boolean }> {
    return { isDismissed: await this.cleanup.cleanUp(id) };
  }
}
