import { Module } from '@nestjs/common';
import { DatabaseModule } from '../database/database.module.js';
import { Rooms } from './rooms.service.js';
import { RoomsController } from './rooms.controller.js';

@Module({ imports: [DatabaseModule], controllers: [RoomsController], providers: [Rooms], exports: [Rooms] })
export class RoomsModule {}
