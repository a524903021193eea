import { TestEnvironment } from 'jest-environment-node';

/**
 * Fails a test file that leaves a timer running: a server that was not closed sweeps on, in the memory and the log of the files that follow. And gives the
 * next file the environment variables that this one found. Test files run in the context of this process: see shared-packages-runtime.js.
 */
export default class TidyEnvironment extends TestEnvironment {
  #running = new Map();
  #variables = { ...process.env };
  #timers = { setInterval, clearInterval };
  #globals;

  constructor(config, context) {
    super(config, context);
    this.#globals = config.projectConfig.globals;
    this.fakeTimersModern = new this.fakeTimersModern.constructor({ config: config.projectConfig, global: globalThis });
  }

  async setup() {
    await super.setup();
    Object.assign(globalThis, this.#globals);
    const { setInterval, clearInterval } = this.#timers;
    globalThis.setInterval = (...args) => {
      const timer = setInterval(...args);
      const { stack } = new Error('an interval');
      if (isOfPackage(stack)) timer.unref();
      else this.#running.set(timer, stack);
      return timer;
    };
    globalThis.clearInterval = (timer) => {
      this.#running.delete(timer);
      clearInterval(timer);
    };
  }

  async teardown() {
    Object.assign(globalThis, this.#timers);
    for (const name of Object.keys(this.#globals)) delete globalThis[name];
    for (const name of Object.keys(process.env)) if (!(name in this.#variables)) delete process.env[name];
    Object.assign(process.env, this.#variables);
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
