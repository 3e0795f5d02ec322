//! The tools that the conformance suite wants to call, behind the backend's own way of speaking MCP and without a token.
//! Absent on purpose: what this way of speaking cannot carry, such as questions back to the client.

use std::sync::Arc;

use axum::Router;
use backend::{
    assistant::mcp::{McpSettings, transport},
    config::CorsOrigins,
};
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ListToolsResult, PaginatedRequestParams,
        ResourceContents, ServerCapabilities, ServerConfig, Tool,
    },
    service::RequestContext,
    transport::streamable_http_server::{StreamableHttpService, session::never::NeverSessionManager},
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

/// One transparent pixel.
const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
/// A header without sound.
const WAV: &str = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=";

/// Starts them, and gives where they are.
pub(crate) async fn serve() -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let settings = McpSettings { allowed_hosts: vec!["127.0.0.1".to_owned()] };
    let origins = CorsOrigins::Only(vec![base.parse().unwrap()]);
    let config = transport(&settings, &origins, CancellationToken::new());
    let service = StreamableHttpService::new(|| Ok(Fixture), Arc::new(NeverSessionManager::default()), config);
    let router = Router::new().route_service("/mcp", service);
    let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (format!("{base}/mcp"), task)
}

struct Fixture;

impl ServerHandler for Fixture {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn list_tools(
        &self,
        _page: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "$defs": {"address": {"type": "object", "properties": {"street": {"type": "string"}, "city": {"type": "string"}}}},
            "properties": {"name": {"type": "string"}, "address": {"$ref": "#/$defs/address"}},
            "additionalProperties": false
        });
        let Value::Object(schema) = schema else { panic!("an object") };
        let tool = Tool::new("json_schema_2020_12_tool", "Has the newer words of JSON Schema", Arc::new(schema));
        Ok(ListToolsResult::with_all_items(vec![tool]))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let image = || ContentBlock::image(PNG, "image/png");
        let resource = || ContentBlock::resource(ResourceContents::text("A resource.", "test://resource"));
        let content = match request.name.as_ref() {
            "test_simple_text" => vec![ContentBlock::text("A text.")],
            "test_image_content" => vec![image()],
            "test_audio_content" => vec![ContentBlock::audio(WAV, "audio/wav")],
            "test_embedded_resource" => vec![resource()],
            "test_multiple_content_types" => vec![ContentBlock::text("Several:"), image(), resource()],
            "test_error_handling" => return Ok(CallToolResult::error(vec![ContentBlock::text("An error.")]).into()),
            _ => return Err(ErrorData::invalid_params("there is no such tool", None)),
        };
        Ok(CallToolResult::success(content).into())
    }
}
