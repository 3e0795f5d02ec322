//! The contract of log lines, `docs/log-line.schema.json`, and what it objects to in a line.
//! Absent on purpose: where lines come from, and secrets in them, which the load test plants and looks for.

use boon::{Compiler, ErrorKind, SchemaIndex, Schemas, ValidationError};
use serde_json::Value;

const TEXT: &str = include_str!("../../docs/log-line.schema.json");
const NAME: &str = "log-line.schema.json";

/// The contract, ready to be asked.
pub struct Schema {
    schemas: Schemas,
    root: SchemaIndex,
}

impl Schema {
    /// Reads the schema of this repository; one that is none fails the test.
    #[expect(clippy::expect_used, reason = "only tests read it, and a broken schema should fail them")]
    pub fn read() -> Self {
        let document: Value = serde_json::from_str(TEXT).expect("the schema is JSON");
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.add_resource(NAME, document).expect("a resource");
        let root = compiler.compile(NAME, &mut schemas).expect("a schema of draft 2020-12");
        Self { schemas, root }
    }

    /// Everything that is wrong with a line, in words that do not repeat its values.
    pub fn objections(&self, line: &str) -> Vec<String> {
        let Ok(value) = serde_json::from_str::<Value>(line) else {
            return vec!["not a JSON text".to_owned()];
        };
        let mut found = Vec::new();
        if let Err(error) = self.schemas.validate(&value, self.root) {
            collect(&error, &mut found);
        }
        found.sort();
        found.dedup();
        found
    }
}

/// The leaves of the tree say what is wrong, the branches only where it was looked for.
fn collect(error: &ValidationError<'_, '_>, found: &mut Vec<String>) {
    if error.causes.is_empty() {
        found.push(describe(error));
    }
    for cause in &error.causes {
        collect(cause, found);
    }
}

fn describe(error: &ValidationError<'_, '_>) -> String {
    let place = error.instance_location.to_string();
    let place = if place.is_empty() { "the line" } else { place.trim_start_matches('/') };
    // boon would quote the value, which may be what nobody should see again.
    match &error.kind {
        ErrorKind::Pattern { want, .. } => format!("{place} does not match {want}"),
        kind => format!("{place}: {kind}"),
    }
}
