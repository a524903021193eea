import { REPORTABLE_STATUSES } from '@joblib/contract';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { sqliteStatements } from '../../libs/nestjs/src/persistence/sqlite/statements.js';
import type { Statement } from '../../libs/nestjs/src/persistence/statement.js';
import type { Statements } from '../../libs/nestjs/src/persistence/statements.js';
import { databases } from './databases.js';
import type { OpenDatabase, Plan } from './databases.js';
import { CHANGE, DELIVERY, ID, IDS, JOB, KEY, NOW, PENDING, PROVIDER, SERVICE, WORKER } from './sample-rows.js';

type Expectation = readonly [indexes: readonly string[], statement: Statement | readonly Statement[]];
type Table = {
  readonly [Group in keyof Statements]: { readonly [Name in keyof Statements[Group]]: Readonly<Record<string, Expectation>> };
};

const PAGE = { limit: 50, offset: 100 };
const PK = 'primary key';

/** They read the primary key from an end, no further than some rows. */
const ENDS_EARLY = ['housekeeping newestTask', 'deliveries takeOut'];
const FILTERS = {
  room: { roomId: 'lab' },
  'room and pending': { roomId: 'lab', status: 'pending' },
  'room and running': { roomId: 'lab', status: 'running' },
  'room and failed': { roomId: 'lab', status: 'failed' },
  job: { roomId: 'lab', jobId: ID },
} as const;
const JOB_AND_STATUS = { roomId: 'lab', jobId: ID, status: 'pending' } as const;
const FILTER_INDEX = {
  room: 'joblib_task_by_room',
  'room and pending': 'joblib_task_pending_in_room',
  // Of a room or of all rooms: there are few active tasks, and no page ends the search early.
  'room and running': null,
  'room and failed': 'joblib_task_ended',
  job: 'joblib_task_by_job',
} as const;

function perFilter(make: (filter: (typeof FILTERS)[keyof typeof FILTERS]) => Statement): Record<string, Expectation> {
  return Object.fromEntries(
    Object.entries(FILTERS).map(([name, filter]) => [name, [[FILTER_INDEX[name as keyof typeof FILTERS] ?? []].flat(), make(filter)]]),
  );
}

/** Every statement there is, with the indexes that it has to seek in; `counted` are those that have the counts of tasks. */
function tableOf(
  { workers, jobs, tasks, claims, lists, providers, deliveries, services, housekeeping }: Statements,
  counted: readonly string[],
): Table {
  return {
    workers: {
      insert: { '': [[], workers.insert(WORKER)] },
      findById: { '': [[PK], workers.findById(ID, 'keep')] },
      idsOfUser: { '': [['joblib_worker_by_user'], workers.idsOfUser('ann')] },
      heartbeats: { '': [[PK], workers.heartbeats([{ workerId: ID, userId: 'ann' }], NOW)] },
      heartbeatsOfUsers: { '': [['joblib_worker_by_user'], workers.heartbeatsOfUsers(['ann'], NOW)] },
      heartbeatMany: { '': [[PK], workers.heartbeatMany(IDS, NOW)] },
      markSeen: { '': [[PK], workers.markSeen(ID, NOW)] },
      findSilent: { '': [[], workers.findSilent(NOW, 10)] },
      delete: { '': [[PK], workers.delete(ID, { heartbeatSince: NOW, seenSince: null })] },
      deleteLinks: { '': [[PK], workers.deleteLinks(ID)] },
      isLinked: { '': [[PK], workers.isLinked(ID, ID)] },
    },
    jobs: {
      insert: { '': [[], jobs.insert(JOB)] },
      findByName: { '': [['joblib_job_by_name'], jobs.findByName('lab', 'modifiers', 'Rotate', 'keep')] },
      findByIds: { '': [[PK], jobs.findByIds(IDS)] },
      namesOf: { '': [[PK], jobs.namesOf(IDS)] },
      revive: { '': [[PK], jobs.revive(ID, '{}')] },
      link: { '': [[], jobs.link(ID, ID)] },
      linksOf: { '': [['joblib_worker_job_by_job'], jobs.linksOf(IDS)] },
      findFreshWorker: { '': [['joblib_worker_job_by_job', PK], jobs.findFreshWorker(ID, NOW)] },
      retireOrphans: { '': [[PK, 'joblib_worker_job_by_job', 'joblib_task_pending'], jobs.retireOrphans(IDS, NOW)] },
      findOrphans: { '': [['joblib_task_pending'], jobs.findOrphans(100)] },
    },
    tasks: {
      insert: { '': [[], tasks.insert([{ ...PENDING }])] },
      insertForLive: tasks.insertForLive === null ? {} : { '': [[PK], tasks.insertForLive([{ ...PENDING }])] },
      findByIds: { '': [[PK], tasks.findByIds(IDS)] },
      report: {
        ...Object.fromEntries(REPORTABLE_STATUSES.map((status) => [status, [[PK], tasks.report([{ ...CHANGE, status }])]])),
        progress: [[PK], tasks.report([{ ...CHANGE, status: 'running', progress: '0.5' }])],
        unlike: [
          [PK],
          tasks.report([
            { ...CHANGE, status: 'failed' },
            { ...CHANGE, status: 'completed' },
          ]),
        ],
      },
      countAhead: { '': [['joblib_task_pending'], tasks.countAhead([{ id: ID, jobId: ID, createdAt: NOW }], 1000)] },
      failOfWorker: { '': [['joblib_task_of_worker'], tasks.failOfWorker(ID, '"gone"', NOW)] },
      failStuckInternal: { '': [['joblib_task_of_worker'], tasks.failStuckInternal(NOW, '"stuck"', NOW)] },
      findSettled: { '': [[PK], tasks.findSettled(IDS)] },
    },
    claims: {
      claimableJobs: { '': [[PK, PK], claims.claimableJobs([ID])] },
      oldestPending: { '': [['joblib_task_pending'], claims.oldestPending([{ jobId: ID, limit: 3 }])] },
      oldestPendingOf:
        claims.oldestPendingOf === null ? {} : { '': [['joblib_task_pending'], claims.oldestPendingOf([{ workerId: ID, quantity: 3 }])] },
      take: { '': [[PK], claims.take([{ taskId: ID, workerId: ID, userId: 'ann', now: NOW, starts: true }])] },
      takeAtOnce:
        claims.takeAtOnce === null
          ? {}
          : {
              '': [
                ['joblib_task_pending', PK, PK, PK],
                claims.takeAtOnce({ workerId: ID, userId: 'ann', now: NOW, internal: false, maxTasks: 3, starts: true }),
              ],
            },
      undo: { '': [[PK], claims.undo([{ taskId: ID, workerId: ID, attempt: 1, status: 'claimed' }])] },
      putBackUnstarted: { '': [['joblib_task_of_worker'], claims.putBackUnstarted(NOW)] },
      withPending: { '': [['joblib_task_pending'], claims.withPending(IDS)] },
    },
    lists: {
      jobs: { '': [['joblib_job_by_name'], lists.jobs(['lab', '@global'], PAGE)] },
      countJobs: { '': [['joblib_job_by_name'], lists.countJobs(['lab', '@global'])] },
      workers: { '': [[PK], lists.workers(PAGE)] },
      countWorkers: { '': [[], lists.countWorkers()] },
      workersOfRooms: { '': [[PK], lists.workersOfRooms(['lab'], PAGE)] },
      countWorkersOfRooms: { '': [[PK], lists.countWorkersOfRooms(['lab'])] },
      tasks: {
        ...perFilter((filter) => lists.tasks(filter, ID, 50)),
        'first page': [['joblib_task_by_room'], lists.tasks({ roomId: 'lab' }, null, 50)],
      },
      skipTasks: perFilter((filter) => lists.skipTasks(filter, ID, 5000)),
      jobTasksWithin: { '': [['joblib_task_by_job'], lists.jobTasksWithin(JOB_AND_STATUS, ID, 5000)] },
      countTasks: Object.fromEntries(
        Object.entries({ ...FILTERS, 'job and status': JOB_AND_STATUS }).map(([name, filter]) => [
          name,
          [counted, lists.countTasks(filter)],
        ]),
      ),
    },
    providers: {
      insert: { '': [[], providers.insert(PROVIDER)] },
      update: { '': [[PK], providers.update(PROVIDER)] },
      findByName: { '': [['joblib_provider_by_name'], providers.findByName(PROVIDER, 'keep')] },
      findByNames: { '': [['joblib_provider_by_name'], providers.findByNames([PROVIDER])] },
      findById: { '': [[PK], providers.findById(ID)] },
      delete: { '': [[PK], providers.delete(ID)] },
      deleteOfWorker: { '': [['joblib_provider_by_worker'], providers.deleteOfWorker(ID)] },
      list: { '': [['joblib_provider_by_room'], providers.list(['lab', '@global'], PAGE)] },
      count: { '': [['joblib_provider_by_room'], providers.count(['lab', '@global'])] },
    },
    deliveries: {
      announcePlugin: { '': [[], deliveries.announcePlugin('chat', 'tasks', NOW)] },
      pluginsSince: { '': [[], deliveries.pluginsSince(NOW)] },
      findPlugin: { '': [[PK], deliveries.findPlugin('chat')] },
      putOut: { '': [[], deliveries.putOut(IDS)] },
      takeOut: { '': [[PK, PK], deliveries.takeOut(100)] },
      insert: { '': [[], deliveries.insert([DELIVERY])] },
      begin: { '': [['joblib_delivery_due', PK], deliveries.begin('chat', NOW, NOW, 10)] },
      succeed: { '': [[PK], deliveries.succeed(DELIVERY, NOW)] },
      fail: { '': [[PK], deliveries.fail(DELIVERY, 'sorry', NOW)] },
      giveBack: { '': [[PK], deliveries.giveBack(DELIVERY, NOW)] },
      // These two by its id, or by that and all else that it has to be.
      retry: { '': [[], deliveries.retry('chat', ID, NOW)] },
      find: { '': [[], deliveries.find('chat', ID)] },
      list: {
        '': [['joblib_delivery_by_plugin'], deliveries.list('chat', null, ID, 50)],
        'of one status': [['joblib_delivery_by_status'], deliveries.list('chat', 'failed', null, 50)],
      },
      walk: {
        '': [['joblib_delivery_by_plugin'], deliveries.walk('chat', null, ID, 5000)],
        'of one status': [['joblib_delivery_by_status'], deliveries.walk('chat', 'failed', null, 5000)],
      },
      lastError: { '': [['joblib_delivery_error'], deliveries.lastError('chat')] },
      deleteDeliveredBefore: { '': [['joblib_delivery_delivered', PK], deliveries.deleteDeliveredBefore(NOW, 10)] },
    },
    services: {
      announce: { '': [[], services.announce([SERVICE])] },
      renew: { '': [[PK], services.renew(ID, NOW)] },
      all: { '': [[], services.all()] },
      request: { '': [[PK], services.request(SERVICE, 'stop', ['starting', 'running'], NOW)] },
      take: { '': [[PK], services.take(ID, 'web', 'stop')] },
      deleteOfServer: { '': [[PK], services.deleteOfServer(ID, NOW)] },
      deleteAnnouncedBefore: { '': [[], services.deleteAnnouncedBefore(NOW)] },
      deleteAllBut: { '': [[], services.deleteAllBut(ID)] },
    },
    housekeeping: {
      findSubmission: { '': [[PK], housekeeping.findSubmission('ann', 'lab', 'a:b:c', 'k', NOW)] },
      putSubmission: { '': [[], housekeeping.putSubmission(KEY, { expiredBefore: NOW, uselessTaskIds: null })] },
      deleteSubmissionsBefore: { '': [['joblib_submission_key_by_age'], housekeeping.deleteSubmissionsBefore(NOW, 10)] },
      deleteTasksCompletedBefore: { '': [['joblib_task_completed'], housekeeping.deleteTasksCompletedBefore(NOW, 10)] },
      acquireLease: { '': [[], housekeeping.acquireLease('sweeper', 'me', NOW, NOW)] },
      newestTask: { '': [[], housekeeping.newestTask()] },
      releaseLease: { '': [[PK], housekeeping.releaseLease('sweeper', 'me')] },
    },
  };
}

/** Of statements that do one thing. */
function together(plans: readonly Plan[]): Plan {
  return {
    indexes: plans.flatMap(({ indexes }) => indexes),
    scanned: plans.flatMap(({ scanned }) => scanned),
    sorts: plans.some(({ sorts }) => sorts),
  };
}

describe.each(databases)('plans on $name', (kind) => {
  let database: OpenDatabase;
  beforeAll(async () => {
    database = await kind.open();
  });
  afterAll(() => database.close());

  // SQLite keeps counts beside the tasks; PostgreSQL counts rows, by whichever index of theirs is the shortest.
  const counted = kind.name === 'SQLite' ? [PK] : [];

  async function everyPlan(): Promise<{ name: string; indexes: readonly string[]; plans: Plan[] }[]> {
    const all: { name: string; indexes: readonly string[]; plans: Plan[] }[] = [];
    for (const [group, statements] of Object.entries(tableOf(database.statements, counted))) {
      for (const [statement, variants] of Object.entries(statements as Record<string, Record<string, Expectation>>)) {
        for (const [variant, [indexes, made]] of Object.entries(variants)) {
          const ofEach = await Promise.all([made].flat().map((one) => database.plans(one)));
          const plans = (ofEach[0] ?? []).map((_, way) => together(ofEach.flatMap((ways) => ways[way] ?? [])));
          all.push({ name: [group, statement, variant].filter(Boolean).join(' '), indexes, plans });
        }
      }
    }
    return all;
  }

  it('are known here for every statement', () => {
    const table = tableOf(database.statements, counted);
    for (const group of Object.keys(database.statements) as (keyof Statements)[]) {
      expect(Object.keys(table[group]).sort()).toEqual(Object.keys(database.statements[group]).sort());
    }
  });

  it('seek in the index that was made for them', async () => {
    for (const { name, indexes, plans } of await everyPlan()) {
      for (const plan of plans) expect([name, plan.indexes]).toEqual([name, expect.arrayContaining([...indexes])]);
    }
  });

  it('never read all tasks', async () => {
    for (const { name, plans } of await everyPlan()) {
      if (ENDS_EARLY.includes(name)) continue;
      for (const { scanned } of plans) expect([name, scanned.filter((table) => /task/.test(table))]).toEqual([name, []]);
    }
  });

  it('read everything only where all jobs, workers, plugins or services are asked for', async () => {
    const scanning = (await everyPlan())
      .filter(({ plans }) => plans.some(({ scanned }) => scanned.length > 0))
      .map(({ name }) => name)
      .filter((name) => !ENDS_EARLY.includes(name));
    expect(scanning.sort()).toEqual(
      [
        'deliveries pluginsSince',
        'jobs findOrphans',
        'workers findSilent',
        'services all',
        'services deleteAllBut',
        'services deleteAnnouncedBefore',
        'lists countWorkers',
        'lists countWorkersOfRooms',
        'lists workers',
        'lists workersOfRooms',
      ].sort(),
    );
  });

  it('sort nothing but few: tasks that ended or wait come in order, and the list of all workers', async () => {
    const sorting = (await everyPlan()).filter(({ plans }) => plans.some(({ sorts }) => sorts)).map(({ name }) => name);
    const isOfFew = (name: string): boolean => /^lists (jobs|workersOfRooms)|room and running$/.test(name);
    expect(sorting.filter((name) => /^tasks|^claims|^housekeeping|^lists/.test(name) && !isOfFew(name))).toEqual([]);
  });
});

it('plans on SQLite are not made anew for each limit, as they are where it is a bare parameter', () => {
  const statements = Object.values(tableOf(sqliteStatements, [PK])).flatMap((group) =>
    Object.values(group).flatMap((cases) => Object.values(cases).flatMap(([, made]) => made)),
  );
  expect(statements.length).toBeGreaterThan(50);
  expect(statements.filter(({ sql }) => /LIMIT *\?/.test(sql))).toEqual([]);
});
