//! The week behind the queue, and what is looked for in it.

/// A million jobs of seven days with their attempts: 95 in 100 succeeded, the others failed, were cancelled or quarantined and say why.
/// Six of ten ran agents, each for an execution of its own.
pub const INSERT: &str = "
CREATE TEMPORARY TABLE history AS
SELECT g, uuidv7(s.age) AS id, (extract(epoch FROM clock_timestamp() + s.age) * 1000000)::bigint AS created_at,
    CASE WHEN g % 100 < 95 THEN 'succeeded' WHEN g % 100 < 98 THEN 'failed' WHEN g % 1000 < 990 THEN 'cancelled' ELSE 'quarantined' END AS state,
    CASE WHEN g % 10 < 6 THEN 'run_agent' WHEN g % 10 < 8 THEN 'probe' WHEN g % 40 < 39 THEN 'prune_rows' ELSE 'validate_indexes' END AS kind,
    md5(g::text) AS hash
FROM generate_series(1, 1000000) AS g, LATERAL (SELECT (g - 1000000) * interval '0.6048 seconds' AS age) AS s;

INSERT INTO jobs (id, kind, pool, payload, state, priority, run_at, attempt, failures, failures_max, deaths_max, worker, result, error_code,
    last_error, resource, trace_id, created_by, created_at, started_at, finished_at)
SELECT id, kind, CASE kind WHEN 'run_agent' THEN 'containers' WHEN 'probe' THEN 'simulation' ELSE 'upkeep' END,
    CASE kind WHEN 'run_agent' THEN jsonb_build_object('execution_id', 'exe_' || hash)
        WHEN 'probe' THEN jsonb_build_object('action', 'succeed', 'number', g)
        ELSE jsonb_build_object('tables', jsonb_build_array('events', 'idempotency_keys')) END,
    state, 4, created_at, CASE state WHEN 'succeeded' THEN 1 ELSE 3 END, CASE state WHEN 'succeeded' THEN 0 ELSE 3 END, 3, 3,
    'worker-' || g % 8 || '/containers', CASE state WHEN 'succeeded' THEN jsonb_build_object('rows', g % 5000) END,
    CASE WHEN state <> 'succeeded' THEN (ARRAY['timeout', 'exit_code', 'out_of_memory', 'engine'])[g % 4 + 1] END,
    CASE WHEN state <> 'succeeded' THEN (ARRAY[
        'the agent ran longer than 300 seconds and was stopped', 'the agent ended with exit code 137 after ' || g % 90000 || ' ms',
        'the agent needed more than 512 MiB of memory', 'the engine could not start container tm-' || hash || ': device busy'])[g % 4 + 1] END,
    CASE kind WHEN 'run_agent' THEN '/v1/executions/exe_' || hash END, hash, 'user:usr_' || md5((g % 500)::text),
    created_at, created_at + 20000, created_at + 20000 + (g % 9000) * 1000
FROM history ORDER BY g;

INSERT INTO job_attempts (job_id, attempt, worker, started_at, finished_at, outcome, error)
SELECT id, n, 'worker-' || g % 8 || '/containers', created_at + n * 20000, created_at + n * 20000 + 5000,
    CASE state WHEN 'succeeded' THEN 'succeeded' WHEN 'cancelled' THEN 'cancelled' ELSE 'errored' END,
    CASE WHEN state <> 'succeeded' THEN 'the agent ran longer than 300 seconds and was stopped' END
FROM history, generate_series(1, CASE state WHEN 'succeeded' THEN 1 ELSE 3 END) AS n ORDER BY g;

DROP TABLE history;
";

/// A name, and the SQL that spells the query of a turn (`$1`, 0 … 19). Each finds something, spread over the week where it can be.
pub const SEARCHES: [(&str, &str); 10] = [
    ("state", "SELECT 'state=' || (ARRAY['succeeded', 'failed', 'cancelled', 'quarantined'])[$1::int % 4 + 1] AS query"),
    ("kind", "SELECT 'kind=' || (ARRAY['run_agent', 'probe', 'prune_rows', 'validate_indexes'])[$1::int % 4 + 1] AS query"),
    ("pool", "SELECT 'pool=' || (ARRAY['containers', 'simulation', 'upkeep'])[$1::int % 3 + 1] AS query"),
    ("kind_and_state", "SELECT (ARRAY['kind=validate_indexes&state=quarantined', 'pool=upkeep&state=cancelled'])[$1::int % 2 + 1] AS query"),
    ("common_error", "SELECT 'q=' || (ARRAY['exit code 137', 'memory', 'DEVICE busy', 'longer than'])[$1::int % 4 + 1] AS query"),
    ("rare_error", "SELECT 'q=' || 'container tm-' || md5((($1::int * 49999 / 100) * 100 + 99)::text) AS query"),
    ("id", "SELECT 'q=job_' || replace(id::text, '-', '') AS query FROM jobs WHERE resource IS NOT NULL OFFSET $1 * 29000 LIMIT 1"),
    ("rare_argument", "SELECT 'args.execution_id=exe_' || md5((($1::int * 49999 / 10) * 10 + 1)::text) AS query"),
    ("common_argument", "SELECT 'args.action=succeed' || left('', $1::int) AS query"),
    (
        "time",
        "SELECT 'created_after=' || to_char(t, f) || '&created_before=' || to_char(t + (1 + $1 % 3 * 24) * interval '1 hour', f) AS query
         FROM (SELECT date_trunc('second', now() AT TIME ZONE 'UTC') - (7 - $1 * 0.2) * interval '1 day' AS t, 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"' AS f)",
    ),
];
