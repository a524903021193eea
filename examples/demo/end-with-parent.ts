/**
 * Loaded by `node --import` into every program that the demo starts: asks it to stop when the demo is gone without a word
 * (`kill -9`, a closed terminal), so that nothing is left running.
 */
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
process.channel?.unref();
