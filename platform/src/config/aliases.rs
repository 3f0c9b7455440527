//! The names that people know, and where they lead.

/// `(variable, section, field)`. A later row wins over an earlier one, and `TALLYMAN_<SECTION>_<FIELD>` over all of them.
pub const ALIASES: &[(&str, &str, &str)] = &[
    // the names of an older session backend
    ("EVS_LISTEN_ADDR", "api", "listen"),
    ("EVS_DATABASE_URL", "database", "url"),
    ("EVS_DATABASE_MAX_CONNECTIONS", "database", "connections_max"),
    ("EVS_RATE_LIMIT_SESSIONS_PER_MINUTE", "limits", "sessions"),
    // the names of today
    ("PORT", "api", "port"),
    ("HOST", "api", "host"),
    ("PUBLIC_URL", "api", "public_url"),
    ("TRUSTED_PROXIES", "api", "trusted_proxies"),
    ("JWT_SIGNING_KEY", "api", "jwt_signing_key"),
    ("DATABASE_URL", "database", "url"),
    ("REDIS_URL", "redis", "url"),
    ("INGRESS_QUEUE", "ingress", "queues"),
    ("DATA_DIR", "app", "data_dir"),
    ("APP_ENV", "app", "env"),
    ("SEALING_SECRET", "secrets", "sealing_v1"),
    ("LOG_FORMAT", "telemetry", "format"),
    ("RUST_LOG", "telemetry", "filter"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "telemetry", "otlp_endpoint"),
    ("RATE_LIMIT_API", "limits", "api"),
    ("RATE_LIMIT_CALLER", "limits", "caller"),
    ("RATE_LIMIT_EXECUTIONS", "limits", "executions"),
    ("RATE_LIMIT_OTP_EMAIL", "limits", "otp_email"),
    ("RATE_LIMIT_OTP_IP", "limits", "otp_ip"),
    ("RATE_LIMIT_LOGIN", "limits", "login"),
    ("RATE_LIMIT_SESSIONS", "limits", "sessions"),
    ("RATE_LIMIT_CHAT", "limits", "chat"),
    ("RATE_LIMIT_LINK", "limits", "link"),
    ("RATE_LIMIT_LINK_CODE", "limits", "link_code"),
    ("DOCKER_HOST", "sandbox", "engine_host"),
    ("TALLYMAN_SUPERVISOR", "sandbox", "supervisor_path"),
];
