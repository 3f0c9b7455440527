// What both peers are asked to do; the figures are those of bench/src/bin/queue.rs.

export const JOBS = 20_000;
export const SINGLES = 2_000;
export const CALLERS = 50;
export const BULK = 500;
export const CONCURRENCY = 50;
export const LATENCIES = 500;

export async function perSecond(count, work) {
  const began = performance.now();
  await work();
  return Math.round(count / ((performance.now() - began) / 1000));
}

export function callers(jobs, one) {
  const each = jobs / CALLERS;
  return Promise.all(Array.from({ length: CALLERS }, async () => {
    for (let n = 0; n < each; n++) await one();
  }));
}

export function quantiles(waits) {
  waits.sort((a, b) => a - b);
  return { start_p50_ms: waits[waits.length / 2], start_p99_ms: waits[Math.floor(waits.length * 0.99)] };
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// From the wish to the start of the handler, one at a time on an idle queue. `started` resolves with the handler's moment.
export async function latencies(enqueue, started) {
  const waits = [];
  for (let n = 0; n < LATENCIES; n++) {
    await pause(10);
    const next = started();
    const asked = performance.now();
    await enqueue();
    waits.push((await next) - asked);
  }
  return quantiles(waits);
}
