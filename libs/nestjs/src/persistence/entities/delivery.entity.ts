import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Table `joblib_delivery`: a task on its way to a plugin, one row for each of the two. */
@Entity('joblib_delivery')
@Index('joblib_delivery_by_task', ['taskId', 'plugin'], { unique: true })
@Index('joblib_delivery_due', ['plugin', 'nextAttemptAt', 'id'], { where: 'next_attempt_at IS NOT NULL' })
@Index('joblib_delivery_by_plugin', ['plugin', 'id'])
@Index('joblib_delivery_by_status', ['plugin', 'status', 'id'])
@Index('joblib_delivery_error', ['plugin', 'id'], { where: 'error IS NOT NULL' })
@Index('joblib_delivery_delivered', ['deliveredAt'], { where: 'delivered_at IS NOT NULL' })
export class DeliveryEntity {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'joblib_delivery_pk' })
  id!: string;

  @Column({ type: 'text' })
  plugin!: string;

  @Column({ name: 'task_id', type: 'uuid' })
  taskId!: string;

  @Column({ type: 'text' })
  status!: string;

  @Column({ type: 'integer' })
  attempts!: number;

  @Column({ name: 'created_at', type: 'bigint' })
  createdAt!: number;

  @Column({ name: 'next_attempt_at', type: 'bigint', nullable: true })
  nextAttemptAt!: number | null;

  @Column({ name: 'delivered_at', type: 'bigint', nullable: true })
  deliveredAt!: number | null;

  @Column({ type: 'text', nullable: true })
  error!: string | null;
}
