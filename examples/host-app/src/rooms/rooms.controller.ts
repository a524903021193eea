import { Body, Controller, Get, NotFoundException, Param, ParseBoolPipe, Put } from '@nestjs/common';
import type { Room } from './room.entity.js';
import { Rooms } from './rooms.service.js';

/** `/studio/rooms` */
@Controller('rooms')
export class RoomsController {
  constructor(private readonly rooms: Rooms) {}

  @Get(':id')
  async get(@Param('id') id: string): Promise<Room> {
    const room = await this.rooms.find(id);
    if (room === null) throw new NotFoundException(`We have no room '${id}'.`);
    return room;
  }

  @Put(':id')
  put(
    @Param('id') id: string,
    @Body('isLocked', new ParseBoolPipe({ optional: true })) isLocked = false,
    @Body('owner') owner: string | null = null,
  ): Promise<Room> {
    return this.rooms.save({ id, isLocked, owner });
  }
}
