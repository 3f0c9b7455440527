// BullMQ on Redis: node bullmq.mjs REDIS_URL

import { Queue, Worker } from 'bullmq';
import { BULK, CONCURRENCY, JOBS, SINGLES, callers, latencies, perSecond } from './measure.mjs';

const url = new URL(process.argv[2]);
const connection = { host: url.hostname, port: Number(url.port), maxRetriesPerRequest: null };
const queue = new Queue('bench', { connection });
await queue.waitUntilReady();

const add = () => queue.add('noop', { action: 'succeed' });
const addMany = (count) => queue.addBulk(Array.from({ length: count }, () => ({ name: 'noop', data: { action: 'succeed' } })));

const oneCaller = await perSecond(SINGLES, async () => { for (let n = 0; n < SINGLES; n++) await add(); });
const manyCallers = await perSecond(5 * SINGLES, () => callers(5 * SINGLES, add));
const bulk = await perSecond(JOBS, async () => { for (let n = 0; n < JOBS; n += BULK) await addMany(BULK); });

async function drain(jobs) {
  let done = 0;
  let all;
  const drained = new Promise((resolve) => { all = resolve; });
  return perSecond(jobs, async () => {
    const worker = new Worker('bench', async () => null, { connection, concurrency: CONCURRENCY });
    worker.on('completed', () => { if (++done === jobs) all(); });
    await drained;
    await worker.close();
  });
}
const drained = await drain(SINGLES + 5 * SINGLES + JOBS);

let begin = () => {};
const worker = new Worker('bench', async () => { begin(performance.now()); }, { connection, concurrency: CONCURRENCY });
await worker.waitUntilReady();
const waits = await latencies(add, () => new Promise((resolve) => { begin = resolve; }));
await worker.close();

console.log(JSON.stringify({
  enqueue_1_caller_per_s: oneCaller, enqueue_50_callers_per_s: manyCallers, enqueue_bulk_500_per_s: bulk, drain_per_s: drained, ...waits,
}));
await queue.close();
