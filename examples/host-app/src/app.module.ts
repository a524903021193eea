import { Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { DatabaseModule } from './database/database.module.js';
import { joblib } from './joblib.js';
import { OperationsController } from './operations/operations.controller.js';
import { TidyUp } from './operations/tidy-up.js';
import { OrdersController } from './orders/orders.controller.js';
import { Orders } from './orders/orders.service.js';
import { RoomsModule } from './rooms/rooms.module.js';
import { StudioSockets } from './sockets/studio-sockets.js';

/** Everything of ours, with joblib as one module among others. */
@Module({
  imports: [ScheduleModule.forRoot(), DatabaseModule, RoomsModule, joblib],
  controllers: [OrdersController, OperationsController],
  providers: [Orders, TidyUp, StudioSockets],
})
export class AppModule {}
