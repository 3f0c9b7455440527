// What is measured, and what it ought to be. `of(figure, who)` is a median; `who` is the first one measured when absent.

const [ours, sqlite, bull, graphile] = ['Tallyman on PostgreSQL', 'Tallyman on SQLite', 'BullMQ', 'graphile-worker'];

const queue = {
  name: 'queue',
  title: 'Queue',
  about: `No-op jobs, 50 at once. Tallyman and graphile-worker are durable in PostgreSQL 18 (fsync on), Tallyman on SQLite with \`synchronous=FULL\`;
BullMQ on Redis with \`appendonly everysec\` may lose its last second. Tallyman keeps each job's result and a row for its attempt;
graphile-worker deletes what it finishes.`,
  goals: (of) => [
    { text: 'drain ≥ 0.6 × graphile-worker', value: of('drain_per_s', ours) / of('drain_per_s', graphile), least: 0.6 },
    { text: 'drain ≥ 1.5 × BullMQ', value: of('drain_per_s', ours) / of('drain_per_s', bull), least: 1.5 },
    { text: '50 callers ≥ 0.5 × BullMQ', value: of('enqueue_50_callers_per_s', ours) / of('enqueue_50_callers_per_s', bull), least: 0.5 },
    { text: 'bulk of 500 ≥ 2 × BullMQ', value: of('enqueue_bulk_500_per_s', ours) / of('enqueue_bulk_500_per_s', bull), least: 2 },
    { text: 'drain with a bound per key ≥ 0.9 × without', value: of('drain_with_100_keys_per_s', ours) / of('drain_per_s', ours), least: 0.9 },
    { text: 'PostgreSQL: enqueue to start, p50 ≤ 1.5 ms', value: of('start_p50_ms', ours), most: 1.5, unit: 'ms' },
    { text: 'PostgreSQL: enqueue to start, p99 ≤ 5 ms', value: of('start_p99_ms', ours), most: 5, unit: 'ms' },
    { text: 'SQLite: enqueue to start, p50 ≤ 1 ms', value: of('start_p50_ms', sqlite), most: 1, unit: 'ms' },
  ],
};

const http = {
  name: 'http',
  title: 'HTTP',
  about: `\`tallyman api\` on PostgreSQL. \`POST /v1/executions\` comes 500 times a second for a minute, whatever the answers do: a wait counts from the
moment at which the request was due. Then \`wrk -t2 -c64\` for ten seconds on \`GET /v1/executions/{id}\`, and on a poem-openapi route that does nothing.`,
  goals: (of) => [
    { text: '500 runs accepted per second, p99 ≤ 20 ms', value: of('post_p99_ms'), most: 20, unit: 'ms' },
    { text: '… without an error', value: of('post_errors'), most: 0 },
    { text: 'an execution is read ≥ 0.25 × as often as nothing', value: of('get_over_empty'), least: 0.25 },
  ],
};

const auth = {
  name: 'auth',
  title: 'Who is calling',
  about: `\`tallyman api\` on PostgreSQL. \`wrk -t2 -c64\` for ten seconds each: a short list with an access token (\`token\`), the same with an API key (\`key\`), and
\`/health/live\` of the same server, which asks nobody who they are (\`open\`). Then 16 wallets sign in again and again for ten seconds: a challenge, a signature, an answer with tokens.`,
  goals: (of) => [
    { text: 'access tokens checked ≥ 2,000 per second', value: of('token_per_s'), least: 2000 },
    { text: 'API keys checked ≥ 1,000 per second', value: of('key_per_s'), least: 1000 },
    { text: 'a list with a token ≥ 0.2 × as often as an open route', value: of('token_over_open'), least: 0.2 },
    { text: 'a list with a key ≥ 0.2 × as often as an open route', value: of('key_over_open'), least: 0.2 },
  ],
};

const pay = {
  name: 'pay',
  title: 'Payments',
  about: `64 payers pay one vendor for ten seconds each: at the domain's door (\`domain\`), over HTTP to \`tallyman api\` with API keys (\`http\`), and \`naive\`, one transaction for
each payment that updates both accounts and inserts a row. Beside them \`pgbench\`'s TPC-B-like transaction from 64 clients on the same server (\`tpcb\`). Then 1,000 payments a second
over HTTP, whatever the answers do (\`open\`): a wait counts from the moment at which the payment was due; and 500 a second with SQLite (\`sqlite\`).`,
  goals: (of) => [
    { text: 'domain ≥ 8 × TPC-B', value: of('domain_over_tpcb'), least: 8 },
    { text: 'HTTP ≥ 2.5 × TPC-B', value: of('http_over_tpcb'), least: 2.5 },
    { text: 'domain ≥ 20 × one transaction per payment', value: of('domain_over_naive'), least: 20 },
    { text: '1,000 payments per second, p99 ≤ 20 ms', value: of('open_p99_ms'), most: 20, unit: 'ms' },
    { text: '… without an error', value: of('open_errors'), most: 0 },
    { text: 'SQLite: 500 payments per second, p99 ≤ 20 ms', value: of('sqlite_p99_ms'), most: 20, unit: 'ms' },
    { text: '… without an error', value: of('sqlite_errors'), most: 0 },
  ],
};

const start = {
  name: 'start',
  title: 'Start and idle',
  about: `\`tallyman up\` on SQLite: the first start in an empty folder makes the database, the second one finds it. Then 20 seconds in which nobody asks for anything,
read from \`/proc\`; 100 % is one processor.`,
  goals: (of) => [
    { text: 'first start, ready ≤ 1 s', value: of('first_start_ms'), most: 1000, unit: 'ms' },
    { text: 'later start, ready ≤ 1 s', value: of('start_ms'), most: 1000, unit: 'ms' },
    { text: 'idle ≤ 80 MiB resident', value: of('idle_resident_mib'), most: 80, unit: 'MiB' },
    { text: 'idle ≤ 1 % of a processor', value: of('idle_cpu_percent'), most: 1, unit: '%' },
  ],
};

const containers = {
  name: 'containers',
  title: 'Containers',
  about: `\`tallyman up\` on PostgreSQL and the agent \`csv-profile\`, from \`POST /v1/executions\` with \`Prefer: wait\` to the answer that says \`succeeded\`,
30 runs one after the other; beside it \`docker run --rm\` of the same image with the same flags. \`cold\` has no warm pool; \`warm\` has four parked containers
and lets the pool fill between runs, \`warm_hits\` says how many runs one of them served. \`…_4_per_s\` are 60 runs, four at once, without a pause: \`warm\` with 60
parked containers, \`warm_unending\` with four, where all but the first runs wait for a fresh one, so that the engine sets the pace as it does for \`docker\`.`,
  goals: (of) => [
    { text: 'cold run ≤ 1.1 × `docker run`, p50', value: of('cold_over_docker'), most: 1.1 },
    { text: 'warm run ≤ 0.1 × `docker run`, p50', value: of('warm_over_docker'), most: 0.1 },
    { text: 'four at once, out of a full pool ≥ 3 × `docker run`', value: of('warm_over_docker_per_s'), least: 3 },
  ],
};

const searches = ['state', 'kind', 'pool', 'kind_and_state', 'common_error', 'rare_error', 'id', 'rare_argument', 'common_argument', 'time'];

const million = {
  name: 'million',
  title: 'A million finished jobs',
  about: `PostgreSQL with a million jobs of the last seven days and their attempts. Each search is a page of 50 from \`GET /v1/ops/jobs\`, 20 times with other values.
\`claim_10_of_1000\` is the median of claims of ten jobs each while a thousand are ready, in the empty database and in the full one.`,
  goals: (of) => [
    ...searches.map((name) => ({ text: `search by ${name.replaceAll('_', ' ')}, p95 ≤ 100 ms`, value: of(`${name}_p95_ms`), most: 100, unit: 'ms' })),
    { text: 'a claim takes ≤ 1.2 × what it takes in an empty database', value: of('claim_after_over_before'), most: 1.2 },
  ],
};

export const sections = [queue, http, auth, pay, start, containers, million];
