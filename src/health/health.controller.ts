import { Controller, Get, Res } from '@nestjs/common';
import { HealthIndicatorService } from '@nestjs/terminus';
import { DatabaseHealth } from '@joblib/nestjs';
import type { FastifyReply } from 'fastify';

const DATABASE_TIMEOUT_MS = 2_000;

/** For whoever starts, stops and balances servers; needs no token. */
@Controller('health')
export class HealthController {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly database: DatabaseHealth,
  ) {}

  /** 200 for as long as the process answers at all. */
  @Get('live')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** 503 while the database is away. */
  @Get('ready')
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<{ status: 'ok' | 'error'; database: 'up' | 'down' }> {
    const attempt = this.indicators.check('database').attempt(() => this.database.check());
    const { database } = await attempt.withTimeout(DATABASE_TIMEOUT_MS);
    if (database.status === 'up') return { status: 'ok', database: 'up' };
    reply.status(503).header('retry-after', '1');
    return { status: 'error', database: 'down' };
  }
}
