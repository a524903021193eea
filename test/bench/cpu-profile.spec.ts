import { describe, expect, it } from '@jest/globals';
import { groupOf, summarizeProfile, type CpuProfile, type ProfileNode } from '../../bench/cpu-profile.js';

function aNode(id: number, functionName: string, url: string, children: number[] = []): ProfileNode {
  return { id, callFrame: { functionName, url, lineNumber: 11 }, children };
}

const DRIVER = 'file:///app/node_modules/@photostructure/sqlite/dist/index.js';

/** Samples every millisecond from 1 000 µs on: driver, native under it, idle, driver, own code, garbage collection. */
const PROFILE: CpuProfile = {
  nodes: [
    aNode(1, '(root)', '', [2, 5, 6]),
    aNode(2, 'flush', 'file:///app/libs/nestjs/dist/persistence/group-commit.js', [3]),
    aNode(3, 'run', DRIVER, [4]),
    aNode(4, 'step', ''),
    aNode(5, '(idle)', ''),
    aNode(6, '(garbage collector)', ''),
  ],
  startTime: 0,
  samples: [3, 4, 5, 3, 2, 6, 5],
  timeDeltas: [1000, 1000, 1000, 1000, 1000, 1000, 1000],
};

describe('summarizeProfile', () => {
  it('adds self time up by function and group, native code counting for its caller and idling for nobody', () => {
    const summary = summarizeProfile(PROFILE);
    expect(summary.groups).toEqual([
      { group: 'sqlite driver', milliseconds: 2 },
      { group: 'native, called by sqlite driver', milliseconds: 1 },
      { group: '@joblib/nestjs', milliseconds: 1 },
      { group: 'garbage collection', milliseconds: 1 },
    ]);
    expect(summary.functions[0]).toEqual({
      functionName: 'run',
      group: 'sqlite driver',
      place: 'sqlite/dist/index.js:12',
      milliseconds: 2,
    });
    expect(summary).toMatchObject({ busyMilliseconds: 5, idleMilliseconds: 1 });
  });

  it('leaves out what was sampled outside the given time', () => {
    expect(summarizeProfile(PROFILE, 3500, 5500)).toMatchObject({
      busyMilliseconds: 2,
      idleMilliseconds: 0,
      groups: [
        { group: 'sqlite driver', milliseconds: 1 },
        { group: '@joblib/nestjs', milliseconds: 1 },
      ],
    });
  });
});

describe('groupOf', () => {
  it.each([
    ['node:internal/http', 'node internals'],
    ['file:///app/node_modules/fastify/lib/route.js', 'fastify'],
    ['file:///app/node_modules/fastify/node_modules/find-my-way/index.js', 'fastify'],
    ['file:///app/node_modules/@nestjs/core/router/router-proxy.js', 'nest'],
    ['file:///app/node_modules/typeorm/driver/Driver.js', 'typeorm'],
    [DRIVER, 'sqlite driver'],
    ['file:///app/node_modules/some-package/index.js', 'some-package'],
    ['file:///app/libs/contract/dist/tasks.js', '@joblib/contract'],
    ['file:///app/dist/main.js', 'the service (src)'],
  ])('puts %s into %s', (url, group) => {
    expect(groupOf(url)).toBe(group);
  });
});
