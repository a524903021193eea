import { Entity, PrimaryColumn } from 'typeorm';

/** Table `joblib_outbox`: tasks that ended and were not handed out to plugins yet. Written with the task's own change. */
@Entity('joblib_outbox')
export class OutboxEntity {
  @PrimaryColumn({ name: 'task_id', type: 'uuid', primaryKeyConstraintName: 'joblib_outbox_pk' })
  taskId!: string;
}
