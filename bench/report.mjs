// Medians of the rounds as a page: node report.mjs FIGURES.jsonl

import { cpus, totalmem } from 'node:os';
import { readFileSync } from 'node:fs';

const rounds = readFileSync(process.argv[2], 'utf8').trim().split('\n').map((line) => JSON.parse(line));
const who = [...new Set(rounds.map((round) => round.who))];
const names = Object.keys(rounds[0].figures);

const median = (numbers) => numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
const of = (name, one) => {
  const numbers = rounds.filter((round) => round.who === one && name in round.figures).map((round) => round.figures[name]);
  return numbers.length ? median(numbers) : undefined;
};
const show = (number) => (number === undefined ? '' : number >= 100 ? String(Math.round(number)) : number.toFixed(2));

const [ours, sqlite, bull, graphile] = ['Tallyman on PostgreSQL', 'Tallyman on SQLite', 'BullMQ', 'graphile-worker'];
const goals = [
  ['drain ≥ 0.6 × graphile-worker', of('drain_per_s', ours) / of('drain_per_s', graphile), 0.6],
  ['drain ≥ 1.5 × BullMQ', of('drain_per_s', ours) / of('drain_per_s', bull), 1.5],
  ['50 callers ≥ 0.5 × BullMQ', of('enqueue_50_callers_per_s', ours) / of('enqueue_50_callers_per_s', bull), 0.5],
  ['bulk of 500 ≥ 2 × BullMQ', of('enqueue_bulk_500_per_s', ours) / of('enqueue_bulk_500_per_s', bull), 2],
  ['drain with a bound per key ≥ 0.9 × without', of('drain_with_100_keys_per_s', ours) / of('drain_per_s', ours), 0.9],
];
const bounds = [
  ['PostgreSQL: enqueue to start, p50 ≤ 1.5 ms', of('start_p50_ms', ours), 1.5],
  ['PostgreSQL: enqueue to start, p99 ≤ 5 ms', of('start_p99_ms', ours), 5],
  ['SQLite: enqueue to start, p50 ≤ 1 ms', of('start_p50_ms', sqlite), 1],
];

console.log(`# Benchmarks

\`./bench/run\` writes this page. Medians of ${rounds.length / who.length} rounds, everyone in turn in each round, on ${cpus().length} × ${cpus()[0].model.trim()}
with ${Math.round(totalmem() / 2 ** 30)} GiB, Linux, Node ${process.versions.node}. No-op jobs, 50 at once. Tallyman and graphile-worker are durable in PostgreSQL 18 (fsync on), Tallyman on SQLite
with \`synchronous=FULL\`; BullMQ on Redis with \`appendonly everysec\` may lose its last second. Tallyman keeps each job's result and a row for its
attempt; graphile-worker deletes what it finishes.

| | ${who.join(' | ')} |
|---|${who.map(() => '---:|').join('')}
${names.map((name) => `| \`${name}\` | ${who.map((one) => show(of(name, one))).join(' | ')} |`).join('\n')}

| Goal | Measured | Met |
|---|---:|---|
${goals.map(([goal, ratio, least]) => `| ${goal} | ${ratio.toFixed(2)} | ${ratio >= least ? 'yes' : 'no'} |`).join('\n')}
${bounds.map(([goal, value, most]) => `| ${goal} | ${value.toFixed(2)} ms | ${value <= most ? 'yes' : 'no'} |`).join('\n')}`);
