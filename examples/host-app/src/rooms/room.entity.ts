import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What we know of a room; rooms that are not here are open to everybody. */
@Entity('studio_room')
export class Room {
  @PrimaryColumn('varchar')
  id!: string;

  @Column('boolean', { name: 'is_locked', default: false })
  isLocked!: boolean;

  /** Of a private room: who alone may look into it. */
  @Column('varchar', { nullable: true })
  owner!: string | null;
}
