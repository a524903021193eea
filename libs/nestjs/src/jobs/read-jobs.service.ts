import { Inject, Injectable } from '@nestjs/common';
import { formatFullName, roomsListedFor } from '@joblib/contract';
import type { JobSummary, Page, PageRequest } from '@joblib/contract';

import type { Job } from '../domain/job.js';
import { JobStore, UnitOfWork } from '../persistence/index.js';
import { JOBLIB_SETTINGS } from '../ports/index.js';
import type { Caller, JoblibSettings } from '../ports/index.js';
import { RoomAccess } from '../rooms/index.js';

/** Reads jobs, for whoever may read the room that they are seen from. */
@Injectable()
export class ReadJobs {
  constructor(
    private readonly rooms: RoomAccess,
    private readonly unitOfWork: UnitOfWork,
    private readonly jobs: JobStore,
    @Inject(JOBLIB_SETTINGS) private readonly settings: JoblibSettings,
  ) {}

  /** The room's own jobs and those visible from every room, newest first. */
  async list(roomId: string, page: PageRequest, caller: Caller): Promise<Page<JobSummary>> {
    await this.rooms.assertReadable(roomId, caller);
    return this.unitOfWork.read(async (session) => {
      const { items, total } = await this.jobs.list(session, roomsListedFor(roomId), page);
      const workers = await this.jobs.workersOf(
        session,
        items.map(({ id }) => id),
      );
      const summaries = items.map((job) => ({
        full_name: formatFullName(job),
        category: job.category,
        name: job.name,
        workers: workers.get(job.id) ?? [],
      }));
      return { items: summaries, total, ...page };
    });
  }

  /** @throws ProblemError `JobNotFound`, `InvalidRoomId`, what the room's read guard says. */
  async get(roomId: string, fullName: string, caller: Caller): Promise<{ job: Job; workers: readonly string[] }> {
    await this.rooms.assertReadable(roomId, caller);
    return this.unitOfWork.read(async (session) => {
      const job = await this.jobs.getVisible(session, fullName, roomId, this.settings.allowCrossRoomSubmit);
      return { job, workers: (await this.jobs.workersOf(session, [job.id])).get(job.id) ?? [] };
    });
  }
}
