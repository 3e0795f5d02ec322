//! What the chart refuses before anything reaches a cluster: single values by its schema, mixes by `todo.validate`.

mod mixes;
mod schema;
