//! Configuration, telemetry, clock, randomness, tracked tasks, shutdown, database connection
