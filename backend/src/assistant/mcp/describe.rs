//! The tools as MCP describes them. Absent on purpose: running them.

use std::sync::Arc;

use rmcp::model::{JsonObject, Tool as Described, ToolAnnotations};
use serde_json::{Value, json};

use crate::assistant::tools::Tool;

/// All tools, in a fixed order.
pub(super) fn tools() -> Vec<Described> {
    Tool::ALL.into_iter().map(tool).collect()
}

/// One tool with its schemas and what clients should know before they let it run.
pub(super) fn tool(tool: Tool) -> Described {
    let annotations = ToolAnnotations::with_title(tool.title())
        .read_only(tool.is_read_only())
        .destructive(tool.is_destructive())
        .idempotent(tool.is_idempotent())
        .open_world(false);
    Described::new(tool.name(), tool.description(), schema(parameters(tool)))
        .with_title(tool.title())
        .with_raw_output_schema(schema(tool.result()))
        .with_annotations(annotations)
}

/// Over MCP a second call carries the yes.
fn parameters(tool: Tool) -> Value {
    let mut parameters = tool.parameters();
    if matches!(tool, Tool::CompleteTask | Tool::DeleteTask) {
        parameters["properties"]["confirmation_id"] = json!({
            "type": "string", "format": "uuid",
            "description": "Only after the user has said yes: the id of the confirmation that the same call asked for before."
        });
    }
    parameters
}

fn schema(value: Value) -> Arc<JsonObject> {
    match value {
        Value::Object(object) => Arc::new(object),
        // Every schema of the catalogue is an object.
        _ => Arc::default(),
    }
}
