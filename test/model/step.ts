import * as fc from 'fast-check';

import type { JoblibModel } from './joblib-model.js';
import type { World } from './world.js';

const USERS = ['alice', 'bob'];
const ROOMS = ['lab', 'den'];
const JOBS = ['@global:modifiers:Shared', 'lab:modifiers:Private', 'den:analysis:Other'];
/** An id that nobody has. */
export const NOBODY = '01900000-0000-7000-8000-000000000000';

/** Who acts: whoever owns the thing, whoever submitted it, a stranger, a superuser. */
export type Who = 'owner' | 'submitter' | 'stranger' | 'root';

/** One step of a sequence. Events and every list are compared after it. */
export class Step implements fc.AsyncCommand<JoblibModel, World> {
  constructor(
    private readonly name: string,
    private readonly details: unknown,
    private readonly act: (model: JoblibModel, world: World) => Promise<void>,
  ) {}

  check(): boolean {
    return true;
  }

  async run(model: JoblibModel, world: World): Promise<void> {
    model.forgetEvents();
    world.forgetEvents();
    await this.act(model, world);
    world.expectEvents(model);
    await world.expectState(model);
  }

  toString(): string {
    return `${this.name}(${JSON.stringify(this.details)})`;
  }
}

/** Commands of this name, one for each choice of details. */
export function step<Details>(
  name: string,
  details: fc.Arbitrary<Details>,
  act: (details: Details, model: JoblibModel, world: World) => Promise<void>,
): fc.Arbitrary<Step> {
  return details.map((chosen) => new Step(name, chosen, (model, world) => act(chosen, model, world)));
}

/** Somebody without special rights. */
export const user = fc.constantFrom(...USERS);
/** Most of what is asked for makes sense: the jobs are known in these rooms. */
export const job = fc.constantFrom(...JOBS, 'lab:modifiers:Private', '@global:modifiers:Shared');
/** Mostly the one with more to see. */
export const room = fc.constantFrom(...ROOMS, 'lab');
/** Mostly whoever has the right. */
export const who: fc.Arbitrary<Who> = fc.constantFrom<Who>(
  'owner',
  'owner',
  'owner',
  'owner',
  'owner',
  'owner',
  'submitter',
  'stranger',
  'root',
);
/** How far back: among those that something can be done with, or among all there ever were; beyond them it is an id that nobody has. */
export interface Choice {
  readonly back: number;
  readonly isAny: boolean;
}

/** Mostly something that there is. */
export const pick: fc.Arbitrary<Choice> = fc.record({
  back: fc.integer({ min: 0, max: 3 }),
  isAny: fc.constantFrom(false, false, false, false, true),
});

/** True once in a while. */
export function rarely(): fc.Arbitrary<boolean> {
  return fc.constantFrom(false, false, false, true);
}

/** The worker that was chosen. */
export function workerId(model: JoblibModel, chosen: Choice): string {
  return pickedOf([...model.workers.keys()], model.everyWorker, chosen);
}

/** The task that was chosen; useful are those that somebody works on. */
export function taskId(model: JoblibModel, chosen: Choice): string {
  const open = [...model.tasks.values()].filter(({ status }) => status === 'claimed' || status === 'running');
  return pickedOf(
    open.map(({ id }) => id),
    model.everyTask,
    chosen,
  );
}

function pickedOf(useful: readonly string[], all: readonly string[], { back, isAny }: Choice): string {
  const ids = isAny || useful.length === 0 ? all : useful;
  return ids.at(-1 - (isAny ? back : back % ids.length)) ?? NOBODY;
}

/** The name of whoever acts on a task. */
export function actorFor(model: JoblibModel, id: string, acting: Who): string {
  if (acting === 'root') return 'root';
  if (acting === 'stranger') return 'carol';
  const task = model.tasks.get(id);
  return (acting === 'owner' ? task?.claimer : null) ?? task?.submitter ?? 'alice';
}

/** The name of whoever acts on a worker. */
export function ownerOf(model: JoblibModel, id: string, acting: Who): string {
  if (acting === 'root') return 'root';
  return acting === 'stranger' ? 'carol' : (model.workers.get(id)?.userId ?? 'alice');
}
