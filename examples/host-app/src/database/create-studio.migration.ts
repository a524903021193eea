import { Table } from 'typeorm';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Our own tables. */
export class CreateStudio1767225600000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.createTable(
      new Table({
        name: 'studio_room',
        columns: [
          { name: 'id', type: 'varchar', isPrimary: true },
          { name: 'is_locked', type: 'boolean', default: false },
          { name: 'owner', type: 'varchar', isNullable: true },
        ],
      }),
    );
    await queryRunner.createTable(
      new Table({
        name: 'studio_order',
        columns: [
          { name: 'id', type: 'varchar', isPrimary: true },
          { name: 'room_id', type: 'varchar' },
          { name: 'wish', type: 'varchar', isUnique: true },
          { name: 'task_id', type: 'varchar' },
        ],
      }),
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.dropTable('studio_order');
    await queryRunner.dropTable('studio_room');
  }
}
