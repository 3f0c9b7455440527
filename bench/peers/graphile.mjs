// graphile-worker on PostgreSQL, with its local queue: node graphile.mjs DATABASE_URL

import { Logger, makeWorkerUtils, run } from 'graphile-worker';
import pg from 'pg';
import { BULK, CONCURRENCY, JOBS, SINGLES, callers, latencies, perSecond } from './measure.mjs';

const pgPool = new pg.Pool({ connectionString: process.argv[2], max: 64 });
const logger = new Logger(() => () => {});
const utils = await makeWorkerUtils({ pgPool, logger });
await utils.migrate();

const add = () => utils.addJob('noop', { action: 'succeed' });
const addMany = (count) => utils.addJobs(Array.from({ length: count }, () => ({ identifier: 'noop', payload: { action: 'succeed' } })));

const oneCaller = await perSecond(SINGLES, async () => { for (let n = 0; n < SINGLES; n++) await add(); });
const manyCallers = await perSecond(5 * SINGLES, () => callers(5 * SINGLES, add));
const bulk = await perSecond(JOBS, async () => { for (let n = 0; n < JOBS; n += BULK) await addMany(BULK); });

const preset = { worker: { localQueue: { size: 500, refetchDelay: { durationMs: 10 } }, completeJobBatchDelay: 0, failJobBatchDelay: 0 } };
async function work(noop) {
  return run({ pgPool, logger, preset, concurrency: CONCURRENCY, noHandleSignals: true, taskList: { noop } });
}

async function drain(jobs) {
  let done = 0;
  let all;
  const drained = new Promise((resolve) => { all = resolve; });
  return perSecond(jobs, async () => {
    const runner = await work(async () => { if (++done === jobs) all(); });
    await drained;
    await runner.stop();
  });
}
const drained = await drain(SINGLES + 5 * SINGLES + JOBS);

let begin = () => {};
const runner = await work(async () => { begin(performance.now()); });
const waits = await latencies(add, () => new Promise((resolve) => { begin = resolve; }));
await runner.stop();

console.log(JSON.stringify({
  enqueue_1_caller_per_s: oneCaller, enqueue_50_callers_per_s: manyCallers, enqueue_bulk_500_per_s: bulk, drain_per_s: drained, ...waits,
}));
await utils.release();
await pgPool.end();
