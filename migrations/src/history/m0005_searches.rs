//! What operators look for among a million jobs: what ended badly, and what it said. Rows that succeed at once pay for neither index.

use crate::dialect::Step;

pub const STEP: Step = Step {
    name: "m0005_searches",
    up: r"
CREATE INDEX jobs_ended_badly ON jobs (state, id) WHERE state IN ('failed', 'cancelled', 'quarantined');
",
    up_sqlite: "",
    // Trigrams without the extension pg_trgm, which not every server has: all threes of neighbouring characters of an error's beginning.
    up_postgres: r"
CREATE FUNCTION job_error_trigrams(error TEXT) RETURNS TEXT[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN ARRAY(SELECT DISTINCT substr(lower(left(error, 1000)), n, 3) FROM generate_series(1, least(length(error), 1000) - 2) AS n);
CREATE INDEX jobs_error_trigrams ON jobs USING gin (job_error_trigrams(last_error)) WHERE last_error IS NOT NULL;
",
    down: "DROP INDEX jobs_ended_badly;",
    down_sqlite: "",
    down_postgres: r"
DROP INDEX jobs_error_trigrams;
DROP FUNCTION job_error_trigrams(TEXT);
",
};
