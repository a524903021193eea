import { TASK_STATUSES } from '@joblib/contract';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = [
  `CREATE TABLE "joblib_worker" ("id" varchar NOT NULL, "user_id" text NOT NULL, "created_at" bigint NOT NULL,
     "last_heartbeat" bigint NOT NULL, "last_seen_at" bigint NOT NULL, CONSTRAINT "joblib_worker_pk" PRIMARY KEY ("id"))`,
  `CREATE INDEX "joblib_worker_by_user" ON "joblib_worker" ("user_id")`,

  `CREATE TABLE "joblib_job" ("id" varchar NOT NULL, "room_id" text NOT NULL, "category" text NOT NULL, "name" text NOT NULL,
     "schema" text NOT NULL, "created_at" bigint NOT NULL, "deleted_at" bigint, CONSTRAINT "joblib_job_pk" PRIMARY KEY ("id"))`,
  `CREATE UNIQUE INDEX "joblib_job_by_name" ON "joblib_job" ("room_id", "category", "name")`,

  `CREATE TABLE "joblib_worker_job" ("worker_id" varchar NOT NULL, "job_id" varchar NOT NULL,
     CONSTRAINT "joblib_worker_job_pk" PRIMARY KEY ("worker_id", "job_id"))`,
  `CREATE INDEX "joblib_worker_job_by_job" ON "joblib_worker_job" ("job_id")`,

  `CREATE TABLE "joblib_task" ("id" varchar NOT NULL, "job_id" varchar NOT NULL, "job_name" text NOT NULL, "room_id" text NOT NULL,
     "created_by_id" text NOT NULL, "status" text NOT NULL, "payload" text NOT NULL, "result" text, "error" text, "progress" text,
     "attempt" integer NOT NULL, "worker_id" varchar, "claimed_by_id" text, "created_at" bigint NOT NULL, "claimed_at" bigint,
     "started_at" bigint, "completed_at" bigint, CONSTRAINT "joblib_task_pk" PRIMARY KEY ("id"))`,
  `CREATE INDEX "joblib_task_pending" ON "joblib_task" ("job_id", "created_at", "id") WHERE claimed_at IS NULL AND completed_at IS NULL`,
  `CREATE INDEX "joblib_task_pending_in_room" ON "joblib_task" ("room_id", "id") WHERE claimed_at IS NULL AND completed_at IS NULL`,
  `CREATE INDEX "joblib_task_of_worker" ON "joblib_task" ("worker_id") WHERE claimed_at IS NOT NULL AND completed_at IS NULL`,
  `CREATE INDEX "joblib_task_ended" ON "joblib_task" ("room_id", "status", "id") WHERE completed_at IS NOT NULL`,
  `CREATE INDEX "joblib_task_completed" ON "joblib_task" ("completed_at") WHERE completed_at IS NOT NULL`,
  `CREATE INDEX "joblib_task_by_room" ON "joblib_task" ("room_id", "id")`,
  `CREATE INDEX "joblib_task_by_job" ON "joblib_task" ("job_id", "room_id", "id")`,

  `CREATE TABLE "joblib_provider" ("id" varchar NOT NULL, "room_id" text NOT NULL, "category" text NOT NULL, "name" text NOT NULL,
     "schema" text NOT NULL, "content_type" text NOT NULL, "user_id" text NOT NULL, "worker_id" varchar, "registration_id" varchar NOT NULL,
     "created_at" bigint NOT NULL, CONSTRAINT "joblib_provider_pk" PRIMARY KEY ("id"))`,
  `CREATE UNIQUE INDEX "joblib_provider_by_name" ON "joblib_provider" ("room_id", "category", "name")`,
  `CREATE INDEX "joblib_provider_by_room" ON "joblib_provider" ("room_id", "id")`,
  `CREATE INDEX "joblib_provider_by_worker" ON "joblib_provider" ("worker_id")`,

  `CREATE TABLE "joblib_submission_key" ("user_id" text NOT NULL, "room_id" text NOT NULL, "job_name" text NOT NULL, "key" text NOT NULL,
     "fingerprint" text NOT NULL, "task_ids" text NOT NULL, "created_at" bigint NOT NULL,
     CONSTRAINT "joblib_submission_key_pk" PRIMARY KEY ("user_id", "room_id", "job_name", "key"))`,
  `CREATE INDEX "joblib_submission_key_by_age" ON "joblib_submission_key" ("created_at")`,

  `CREATE TABLE "joblib_lease" ("name" text NOT NULL, "holder" text NOT NULL, "expires_at" bigint NOT NULL,
     CONSTRAINT "joblib_lease_pk" PRIMARY KEY ("name"))`,

  `CREATE TABLE "joblib_plugin" ("name" text NOT NULL, "accepts" text NOT NULL, "announced_at" bigint NOT NULL,
     CONSTRAINT "joblib_plugin_pk" PRIMARY KEY ("name"))`,
  `CREATE TABLE "joblib_outbox" ("task_id" varchar NOT NULL, CONSTRAINT "joblib_outbox_pk" PRIMARY KEY ("task_id"))`,
  `CREATE TABLE "joblib_delivery" ("id" varchar NOT NULL, "plugin" text NOT NULL, "task_id" varchar NOT NULL, "status" text NOT NULL,
     "attempts" integer NOT NULL, "created_at" bigint NOT NULL, "next_attempt_at" bigint, "delivered_at" bigint, "error" text,
     CONSTRAINT "joblib_delivery_pk" PRIMARY KEY ("id"))`,
  `CREATE UNIQUE INDEX "joblib_delivery_by_task" ON "joblib_delivery" ("task_id", "plugin")`,
  `CREATE INDEX "joblib_delivery_due" ON "joblib_delivery" ("plugin", "next_attempt_at", "id") WHERE next_attempt_at IS NOT NULL`,
  `CREATE INDEX "joblib_delivery_by_plugin" ON "joblib_delivery" ("plugin", "id")`,
  `CREATE INDEX "joblib_delivery_by_status" ON "joblib_delivery" ("plugin", "status", "id")`,
  `CREATE INDEX "joblib_delivery_error" ON "joblib_delivery" ("plugin", "id") WHERE error IS NOT NULL`,
  `CREATE INDEX "joblib_delivery_delivered" ON "joblib_delivery" ("delivered_at") WHERE delivered_at IS NOT NULL`,

  `CREATE TABLE "joblib_service" ("server_id" varchar NOT NULL, "name" text NOT NULL, "position" integer NOT NULL, "kind" text NOT NULL,
     "state" text NOT NULL, "health" text NOT NULL, "restarts" integer NOT NULL, "started_at" bigint, "last_error" text,
     "requires" text NOT NULL, "jobs" text NOT NULL, "server" text NOT NULL, "requested" text, "announced_at" bigint NOT NULL,
     "left_at" bigint, CONSTRAINT "joblib_service_pk" PRIMARY KEY ("server_id", "name"))`,
];

const COUNTS = TASK_STATUSES.map((status) => `"${status}" integer NOT NULL DEFAULT 0`).join(', ');

const LEFT = TASK_STATUSES.map((status) => `"${status}" = "${status}" - (OLD.status = '${status}')`).join(', ');

// See `task-counts.ts`. Deleting is rare, and a host may do it with a statement of its own.
const COUNTERS = [
  `CREATE TABLE "joblib_task_count" ("room_id" text NOT NULL, "job_id" varchar NOT NULL, ${COUNTS}, PRIMARY KEY ("room_id", "job_id")) WITHOUT ROWID`,
  `CREATE TRIGGER "joblib_task_count_delete" AFTER DELETE ON "joblib_task" BEGIN
     UPDATE "joblib_task_count" SET ${LEFT} WHERE "room_id" = OLD.room_id AND "job_id" = OLD.job_id;
   END`,
];

export class JoblibInitialSchema1700000000000 implements MigrationInterface {
  name = 'JoblibInitialSchema1700000000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const sql of [...TABLES, ...COUNTERS]) await queryRunner.query(sql);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of [
      'task_count',
      'service',
      'delivery',
      'outbox',
      'plugin',
      'lease',
      'submission_key',
      'provider',
      'task',
      'worker_job',
      'job',
      'worker',
    ]) {
      await queryRunner.query(`DROP TABLE "joblib_${table}"`);
    }
  }
}
