import { Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Rooms } from '../rooms/rooms.service.js';

const EVERY_MS = 3_600_000;

/** Work of ours that is done by the clock: rooms of which nothing is said any more need no row. */
@Injectable()
export class TidyUp {
  constructor(private readonly rooms: Rooms) {}

  @Interval(EVERY_MS)
  run(): Promise<void> {
    return this.rooms.removePlain();
  }
}
