import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What somebody wants drawn; the task that draws it comes with it or not at all. */
@Entity('studio_order')
export class Order {
  @PrimaryColumn('varchar')
  id!: string;

  @Column('varchar', { name: 'room_id' })
  roomId!: string;

  /** Nobody orders the same thing twice. */
  @Column('varchar', { unique: true })
  wish!: string;

  @Column('varchar', { name: 'task_id' })
  taskId!: string;
}
