//! Every metric that the servers export: name, kind, labels, unit, buckets and meaning. Nothing else may spell a metric's
//! name. `docs/metrics.md` is made from this list, and the load test compares it with a live scrape.

mod list;

pub use list::ALL;

/// The endpoint label of every request that no route matched.
pub const UNMATCHED: &str = "UNMATCHED";

/// One metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Metric {
    /// The name as it is exported.
    pub name: &'static str,
    /// What kind of numbers it gives; a histogram brings its buckets.
    pub kind: Kind,
    /// Label names, each with its closed set of values.
    pub labels: &'static [Label],
    /// The base unit in words.
    pub unit: &'static str,
    /// Who exports it.
    pub servers: Servers,
    /// Whether it is there only where a language model is configured.
    pub of_model: bool,
    /// The help text.
    pub help: &'static str,
}

/// The type in the exposition format.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts per bucket; the upper bounds, without infinity.
    Histogram(&'static [f64]),
}

/// One label of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label {
    /// The label's name.
    pub name: &'static str,
    /// Every value it takes; empty where the program's own routes, operations or build decide.
    pub values: &'static [&'static str],
}

/// Which programs export a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Servers {
    /// Backend and frontend.
    Both,
    /// Only the backend.
    Backend,
}

/// Requests answered.
pub const HTTP_REQUESTS: &str = "axum_http_requests_total";
/// Time to the answer's headers.
pub const HTTP_DURATION: &str = "axum_http_requests_duration_seconds";
/// Requests in flight.
pub const HTTP_PENDING: &str = "axum_http_requests_pending";
/// Requests slower than the limit of a slow request.
pub const SLOW_REQUESTS: &str = "slow_requests_total";
/// Requests whose client went away before the whole answer was sent.
pub const CLIENT_DISCONNECTS: &str = "client_disconnects_total";
/// Panics caught while a request was handled.
pub const PANICS: &str = "panics_total";
/// Which build runs.
pub const BUILD_INFO: &str = "todo_build_info";
/// How late a short sleep wakes up.
pub const SCHEDULING_DELAY: &str = "runtime_scheduling_delay_seconds";
/// Log lines that Loki accepted.
pub const LOG_PUSH_SENT: &str = "log_push_sent_total";
/// Log lines that never reach Loki; stdout has them.
pub const LOG_PUSH_DROPPED: &str = "log_push_dropped_total";
/// Log lines waiting for Loki.
pub const LOG_PUSH_QUEUE: &str = "log_push_queue_length";
/// Trace batches that the collector did not take.
pub const TRACE_EXPORT_FAILURES: &str = "trace_export_failures_total";
/// Whether something that the server needs answers.
pub const DEPENDENCY_UP: &str = "dependency_up";
/// Connections of the pool by state.
pub const DB_CONNECTION_COUNT: &str = "db_client_connection_count";
/// Size limit of the pool.
pub const DB_CONNECTION_MAX: &str = "db_client_connection_max";
/// Who waits for a connection.
pub const DB_CONNECTION_PENDING_REQUESTS: &str = "db_client_connection_pending_requests";
/// Waits for a connection that were given up.
pub const DB_CONNECTION_TIMEOUTS: &str = "db_client_connection_timeouts_total";
/// How long a connection was waited for.
pub const DB_CONNECTION_WAIT_TIME: &str = "db_client_connection_wait_time_seconds";
/// How long operations on the database took.
pub const DB_OPERATION_DURATION: &str = "db_client_operation_duration_seconds";
/// Tasks created.
pub const TODOS_CREATED: &str = "todos_created_total";
/// Tasks completed.
pub const TODOS_COMPLETED: &str = "todos_completed_total";
/// Tasks deleted.
pub const TODOS_DELETED: &str = "todos_deleted_total";
/// Open tasks.
pub const TODOS_OPEN: &str = "todos_open";
/// Attempts to sign up or log in.
pub const AUTH_ATTEMPTS: &str = "auth_attempts_total";
/// Requests refused by a rate limit.
pub const RATE_LIMITED: &str = "todo_rate_limited_total";

/// How long operations of generative AI took: a model's round, a whole turn.
pub const GEN_AI_OPERATION_DURATION: &str = "gen_ai_client_operation_duration_seconds";
/// Tokens that a model counted.
pub const GEN_AI_TOKEN_USAGE: &str = "gen_ai_client_token_usage";
/// How long a model took to begin.
pub const GEN_AI_TIME_TO_FIRST_CHUNK: &str = "gen_ai_client_operation_time_to_first_chunk_seconds";
/// How long a model took between two pieces.
pub const GEN_AI_TIME_PER_CHUNK: &str = "gen_ai_client_operation_time_per_output_chunk_seconds";
/// How long tools took.
pub const GEN_AI_TOOL_DURATION: &str = "gen_ai_execute_tool_duration_seconds";
/// How long operations of MCP took.
pub const MCP_OPERATION_DURATION: &str = "mcp_server_operation_duration_seconds";
/// Turns of the assistant.
pub const ASSISTANT_TURNS: &str = "assistant_turns_total";
/// What became of questions that wait for a yes.
pub const ASSISTANT_CONFIRMATIONS: &str = "assistant_confirmations_total";

/// Values of the labels of the assistant's metrics.
pub mod gen_ai {
    /// A round with a model, or the rules' work.
    pub const CHAT: &str = "chat";
    /// A whole turn.
    pub const INVOKE_AGENT: &str = "invoke_agent";
    /// A tool at work; in spans only, since tools have a metric of their own.
    pub const EXECUTE_TOOL: &str = "execute_tool";
    /// A client of MCP asks what there is.
    pub const TOOLS_LIST: &str = "tools/list";
    /// A client of MCP has a tool work.
    pub const TOOLS_CALL: &str = "tools/call";
    /// Whatever speaks OpenAI's protocol.
    pub const OPENAI: &str = "openai";
    /// The built-in rules.
    pub const RULES: &str = "todo.rules";
    /// A tool that did nothing, because what it was asked for cannot be done.
    pub const TOOL_ERROR: &str = "tool_error";
    /// A turn with an answer.
    pub const ANSWERED: &str = "answered";
    /// A turn with a question back or a refusal.
    pub const REFUSED: &str = "refused";
    /// A turn that the rules answered in place of a model.
    pub const FALLBACK: &str = "fallback";
    /// A turn whose client went away.
    pub const CANCELLED: &str = "cancelled";
    /// A turn without a proper answer.
    pub const FAILED: &str = "failed";
}

/// Values of the label `error_type` of the assistant's metrics; [`gen_ai::FAILED`] and [`gen_ai::TOOL_ERROR`] are others.
pub mod gen_ai_error {
    /// None. To Prometheus a label without a value is no label.
    pub const NONE: &str = "";
    /// The provider's limit.
    pub const RATE_LIMITED: &str = "rate_limited";
    /// The provider is broken.
    pub const SERVER_ERROR: &str = "server_error";
    /// Nothing came in time.
    pub const TIMEOUT: &str = "timeout";
    /// No connection, or it was lost.
    pub const CONNECTION: &str = "connection";
    /// The answer ended in the middle.
    pub const CUT: &str = "cut";
    /// An answer that is none.
    pub const BAD_ANSWER: &str = "bad_answer";
    /// The provider does not want the request.
    pub const REFUSED: &str = "refused";
    /// Not even tried.
    pub const CIRCUIT_OPEN: &str = "circuit_open";
    /// The round was given up because its turn was.
    pub const CANCELLED: &str = "cancelled";
    /// An MCP client asked for a tool that there is not.
    pub const UNKNOWN_TOOL: &str = "unknown_tool";
    /// Our own fault.
    pub const INTERNAL: &str = "internal";
}

/// Values of the label `result` of [`AUTH_ATTEMPTS`].
pub mod auth_result {
    /// The credentials were right, or the account was made.
    pub const SUCCESS: &str = "success";
    /// Wrong credentials, or an account that cannot be made.
    pub const FAILURE: &str = "failure";
    /// Too many hashes were being computed to start another.
    pub const OVERLOADED: &str = "overloaded";
}

/// Values of the label `limit` of [`RATE_LIMITED`].
pub mod rate_limit {
    /// Requests per user.
    pub const REQUESTS: &str = "requests";
    /// Log-ins and sign-ups per address.
    pub const LOGINS: &str = "logins";
    /// Chat messages per user.
    pub const CHAT: &str = "chat";
}

/// Values of the label `reason` of [`LOG_PUSH_DROPPED`].
pub mod drop_reason {
    /// Too many lines, or too many bytes, were waiting.
    pub const QUEUE_FULL: &str = "queue_full";
    /// A single line that Loki would refuse.
    pub const TOO_LARGE: &str = "too_large";
    /// Loki answered that it will never take these lines.
    pub const REJECTED: &str = "rejected";
    /// Loki could not be reached, or did not answer, until the lines had to go.
    pub const UNREACHABLE: &str = "unreachable";
    /// The process ended before the lines were sent.
    pub const SHUTDOWN: &str = "shutdown";
}

/// The metric with this name, a histogram's also by its `_bucket`, `_sum` and `_count`.
pub fn find(name: &str) -> Option<&'static Metric> {
    let exact = ALL.iter().find(|metric| metric.name == name);
    exact.or_else(|| {
        let base = ["_bucket", "_sum", "_count"].iter().find_map(|suffix| name.strip_suffix(suffix))?;
        ALL.iter().find(|metric| metric.name == base && matches!(metric.kind, Kind::Histogram(_)))
    })
}
