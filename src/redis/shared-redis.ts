import { Logger } from '@nestjs/common';
import type { Provider } from '@nestjs/common';
import { RESULT_BACKEND, WAKE_UPS } from '@joblib/nestjs';
import { RedisBus, RedisResultBackend, RedisWakeUps, redisSocketAdapter } from '@joblib/redis';
import type { RedisSocketAdapter } from '@joblib/redis';

/** All that goes through Redis between servers of one database: wake-ups, sockets' events, answers of providers. */
export class SharedRedis {
  private constructor(
    private readonly bus: RedisBus,
    private readonly resultBackend: RedisResultBackend,
  ) {}

  /** Connected, or trying: a server starts without its Redis too. */
  static async connect(url: string): Promise<SharedRedis> {
    const [bus, resultBackend] = await Promise.all([RedisBus.connect(url, { log: new Logger('Redis') }), RedisResultBackend.connect(url)]);
    return new SharedRedis(bus, resultBackend);
  }

  /** Whether everything works that needs Redis. */
  get isConnected(): boolean {
    return this.bus.isConnected && this.resultBackend.isConnected;
  }

  /** Events and wake-ups that did not leave this server. */
  get lostMessages(): number {
    return this.bus.lostMessages;
  }

  /** In place of the library's own, which know one process. */
  overrides(): Provider[] {
    return [
      { provide: WAKE_UPS, useValue: new RedisWakeUps(this.bus) },
      { provide: RESULT_BACKEND, useValue: this.resultBackend },
    ];
  }

  socketAdapter(): RedisSocketAdapter {
    return redisSocketAdapter(this.bus);
  }

  /** Once nothing more is to be said. */
  async close(): Promise<void> {
    this.resultBackend.close();
    await this.bus.close();
  }
}
