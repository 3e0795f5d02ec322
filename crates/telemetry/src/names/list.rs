//! The list itself: a row per metric, in the order of `docs/metrics.md`.

use super::*;

const HTTP_BUCKETS: &[f64] = &[0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];
const DB_BUCKETS: &[f64] = &[0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0];
const DELAY_BUCKETS: &[f64] = &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0];

/// OpenTelemetry's buckets for operations of generative AI.
const GEN_AI_BUCKETS: &[f64] =
    &[0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
/// OpenTelemetry's buckets for tokens, up to what one turn can hold.
const TOKEN_BUCKETS: &[f64] = &[
    1.0, 4.0, 16.0, 64.0, 256.0, 1024.0, 4096.0, 16384.0, 65536.0, 262144.0, 1048576.0, 4194304.0, 16777216.0,
    67108864.0,
];
const CHUNK_BUCKETS: &[f64] = &[0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5];

const REQUEST: &[Label] = &[open("method"), open("status"), open("endpoint")];
const IN_FLIGHT: &[Label] = &[open("method"), open("endpoint")];
const OPERATION: &[Label] = &[open("db_operation_name"), open("db_collection_name")];
const LIMIT: &[Label] = &[closed("limit", &[rate_limit::REQUESTS, rate_limit::LOGINS, rate_limit::CHAT])];
const RESULT: &[Label] = &[closed("result", &[auth_result::SUCCESS, auth_result::FAILURE, auth_result::OVERLOADED])];
const DEPENDENCY: &[Label] = &[closed("dependency", &["database", "backend"])];
const STATE: &[Label] = &[closed("state", &["idle", "used"])];
const REASON: &[Label] = &[closed(
    "reason",
    &[
        drop_reason::QUEUE_FULL,
        drop_reason::TOO_LARGE,
        drop_reason::REJECTED,
        drop_reason::UNREACHABLE,
        drop_reason::SHUTDOWN,
    ],
)];
const PROVIDER: Label = closed("gen_ai_provider_name", &[gen_ai::OPENAI, gen_ai::RULES]);
const MODEL: Label = open("gen_ai_request_model");
const FAILURE: Label = closed(
    "error_type",
    &[
        gen_ai_error::NONE,
        gen_ai::FAILED,
        gen_ai_error::RATE_LIMITED,
        gen_ai_error::SERVER_ERROR,
        gen_ai_error::TIMEOUT,
        gen_ai_error::CONNECTION,
        gen_ai_error::CUT,
        gen_ai_error::BAD_ANSWER,
        gen_ai_error::REFUSED,
        gen_ai_error::CIRCUIT_OPEN,
        gen_ai_error::CANCELLED,
    ],
);
const OPERATION_OF_AI: &[Label] =
    &[closed("gen_ai_operation_name", &[gen_ai::CHAT, gen_ai::INVOKE_AGENT]), PROVIDER, MODEL, FAILURE];
const TOKENS: &[Label] = &[PROVIDER, MODEL, closed("gen_ai_token_type", &["input", "output"])];
const CHUNKS: &[Label] = &[PROVIDER, MODEL];
const TOOL: &[Label] = &[
    open("gen_ai_tool_name"),
    closed("error_type", &[gen_ai_error::NONE, gen_ai::TOOL_ERROR, gen_ai_error::INTERNAL]),
];
const MCP: &[Label] = &[
    closed("mcp_method_name", &[gen_ai::TOOLS_LIST, gen_ai::TOOLS_CALL]),
    closed("error_type", &[gen_ai_error::NONE, gen_ai::TOOL_ERROR, gen_ai_error::UNKNOWN_TOOL, gen_ai_error::INTERNAL]),
];
const TURN: &[Label] = &[
    closed("engine", &["model", "rules"]),
    closed("outcome", &[gen_ai::ANSWERED, gen_ai::REFUSED, gen_ai::FALLBACK, gen_ai::CANCELLED, gen_ai::FAILED]),
];
const CONFIRMATION: &[Label] = &[closed("answer", &["asked", "confirmed", "declined", "dropped"])];
const BUILD: &[Label] = &[open("version"), open("revision")];

/// Every metric of both servers.
pub const ALL: &[Metric] = &[
    counter(HTTP_REQUESTS, "requests", "Requests answered, without the probes.").labels(REQUEST),
    histogram(HTTP_DURATION, HTTP_BUCKETS, "seconds", "Time to the answer's headers, so a stream looks instant.")
        .labels(REQUEST),
    gauge(HTTP_PENDING, "requests", "Requests in flight, streams included.").labels(IN_FLIGHT),
    counter(SLOW_REQUESTS, "requests", "Requests whose headers took longer than one second."),
    counter(CLIENT_DISCONNECTS, "requests", "Requests whose client went away before the whole answer was sent."),
    counter(PANICS, "panics", "Panics caught while a request was handled."),
    counter(RATE_LIMITED, "requests", "Requests refused by a rate limit.").labels(LIMIT).of_backend(),
    counter(AUTH_ATTEMPTS, "attempts", "Attempts to sign up or log in.").labels(RESULT).of_backend(),
    counter(TODOS_CREATED, "tasks", "Tasks created.").of_backend(),
    counter(TODOS_COMPLETED, "tasks", "Tasks completed.").of_backend(),
    counter(TODOS_DELETED, "tasks", "Tasks deleted.").of_backend(),
    gauge(TODOS_OPEN, "tasks", "Open tasks of all users; every pod tells the same number, so take the maximum.")
        .of_backend(),
    counter(ASSISTANT_TURNS, "turns", "Messages to the assistant that were answered, or not.")
        .labels(TURN)
        .of_backend(),
    counter(ASSISTANT_CONFIRMATIONS, "questions", "What became of changes that wait for a yes.")
        .labels(CONFIRMATION)
        .of_backend(),
    histogram(GEN_AI_OPERATION_DURATION, GEN_AI_BUCKETS, "seconds", "How long a turn, or a round in it, took.")
        .labels(OPERATION_OF_AI)
        .of_backend(),
    histogram(GEN_AI_TOKEN_USAGE, TOKEN_BUCKETS, "tokens", "Tokens of a round, as the model counted them.")
        .labels(TOKENS)
        .of_model(),
    histogram(GEN_AI_TIME_TO_FIRST_CHUNK, GEN_AI_BUCKETS, "seconds", "How long a model took to begin its answer.")
        .labels(CHUNKS)
        .of_model(),
    histogram(GEN_AI_TIME_PER_CHUNK, CHUNK_BUCKETS, "seconds", "Mean time between two pieces of an answer.")
        .labels(CHUNKS)
        .of_model(),
    histogram(GEN_AI_TOOL_DURATION, GEN_AI_BUCKETS, "seconds", "How long a tool took.").labels(TOOL).of_backend(),
    histogram(MCP_OPERATION_DURATION, GEN_AI_BUCKETS, "seconds", "How long an operation over MCP took.")
        .labels(MCP)
        .of_backend(),
    gauge(DEPENDENCY_UP, "0 or 1", "Whether the dependency answered when it was last asked.").labels(DEPENDENCY),
    gauge(DB_CONNECTION_COUNT, "connections", "Connections of the pool.").labels(STATE).of_backend(),
    gauge(DB_CONNECTION_MAX, "connections", "How many connections the pool may open.").of_backend(),
    gauge(DB_CONNECTION_PENDING_REQUESTS, "requests", "Who waits for a connection.").of_backend(),
    counter(DB_CONNECTION_TIMEOUTS, "requests", "Waits for a connection that were given up.").of_backend(),
    histogram(DB_CONNECTION_WAIT_TIME, DB_BUCKETS, "seconds", "How long a connection was waited for.").of_backend(),
    histogram(DB_OPERATION_DURATION, DB_BUCKETS, "seconds", "How long an operation held its connection.")
        .labels(OPERATION)
        .of_backend(),
    counter(LOG_PUSH_SENT, "lines", "Log lines that Loki accepted."),
    counter(LOG_PUSH_DROPPED, "lines", "Log lines that Loki never gets; stdout has them.").labels(REASON),
    gauge(LOG_PUSH_QUEUE, "lines", "Log lines waiting for Loki."),
    counter(TRACE_EXPORT_FAILURES, "batches", "Batches of spans that the collector did not take."),
    gauge(BUILD_INFO, "always 1", "Which build runs.").labels(BUILD),
    histogram(SCHEDULING_DELAY, DELAY_BUCKETS, "seconds", "How late a short sleep wakes up."),
    gauge("process_cpu_seconds_total", "seconds", "CPU time of the process, user and system."),
    gauge("process_open_fds", "descriptors", "Open file descriptors."),
    gauge("process_max_fds", "descriptors", "Limit of open file descriptors."),
    gauge("process_virtual_memory_bytes", "bytes", "Virtual memory."),
    gauge("process_virtual_memory_max_bytes", "bytes", "Limit of virtual memory."),
    gauge("process_resident_memory_bytes", "bytes", "Resident memory."),
    gauge("process_start_time_seconds", "seconds", "Start of the process, since 1970."),
    gauge("process_threads", "threads", "Threads of the process."),
    gauge("tokio_workers_count", "threads", "Worker threads of the runtime."),
    gauge("tokio_live_tasks_count", "tasks", "Tasks alive in the runtime."),
    gauge("tokio_max_park_count", "parks", "Parks of the worker that parked most, in the last interval."),
    gauge("tokio_min_park_count", "parks", "Parks of the worker that parked least, in the last interval."),
    gauge("tokio_total_park_count", "parks", "Parks of all workers, in the last interval."),
    counter("tokio_total_busy_duration", "microseconds", "Busy time of all workers."),
    counter("tokio_max_busy_duration", "microseconds", "Busy time of the busiest worker of each interval."),
    counter("tokio_min_busy_duration", "microseconds", "Busy time of the idlest worker of each interval."),
    gauge("tokio_global_queue_depth", "tasks", "Tasks in the runtime's global queue."),
    gauge("tokio_busy_ratio", "ratio", "Busy time over elapsed time, in the last interval."),
];

const fn counter(name: &'static str, unit: &'static str, help: &'static str) -> Metric {
    Metric { name, kind: Kind::Counter, labels: &[], unit, servers: Servers::Both, of_model: false, help }
}

const fn gauge(name: &'static str, unit: &'static str, help: &'static str) -> Metric {
    Metric { name, kind: Kind::Gauge, labels: &[], unit, servers: Servers::Both, of_model: false, help }
}

const fn histogram(name: &'static str, buckets: &'static [f64], unit: &'static str, help: &'static str) -> Metric {
    Metric { name, kind: Kind::Histogram(buckets), labels: &[], unit, servers: Servers::Both, of_model: false, help }
}

impl Metric {
    const fn labels(mut self, labels: &'static [Label]) -> Self {
        self.labels = labels;
        self
    }

    const fn of_backend(mut self) -> Self {
        self.servers = Servers::Backend;
        self
    }

    const fn of_model(mut self) -> Self {
        self.of_model = true;
        self.of_backend()
    }
}

const fn open(name: &'static str) -> Label {
    Label { name, values: &[] }
}

const fn closed(name: &'static str, values: &'static [&'static str]) -> Label {
    Label { name, values }
}
