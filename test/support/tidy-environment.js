import { TestEnvironment } from 'jest-environment-node';

/** Fails a test file that leaves a timer running: a server that was not closed sweeps on, in the memory and the log of the files that follow. */
export default class TidyEnvironment extends TestEnvironment {
  #running = new Map();

  async setup() {
    await super.setup();
    const { setInterval, clearInterval } = this.global;
    this.global.setInterval = (...args) => {
      const timer = setInterval(...args);
      const { stack } = new Error('an interval');
      if (isOfPackage(stack)) timer.unref();
      else this.#running.set(timer, stack);
      return timer;
    };
    this.global.clearInterval = (timer) => {
      this.#running.delete(timer);
      clearInterval(timer);
    };
  }

  async teardown() {
    const left = [...this.#running];
    for (const [timer] of left) clearInterval(timer);
    await super.teardown();
    if (left.length > 0) throw new Error(`The file left ${left.length} timers running: ${left.map(([, stack]) => stack).join('\n')}`);
  }
}

/** Packages keep house for themselves: redis-parser looks a few times whether its buffer may shrink. */
function isOfPackage(stack) {
  return stack.split('\n')[2]?.includes('/node_modules/') === true;
}
