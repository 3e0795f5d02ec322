//! Objects of the release as they were before a test changed them.

use std::io::Write;

use serde_json::Value;
use tempfile::NamedTempFile;

use crate::release::NAMESPACE;
use crate::tools::{kubectl, objects, put_back};

/// They come back when this is dropped, also when the test fails.
pub(crate) struct Kept {
    pub(crate) objects: Vec<Value>,
}

impl Kept {
    /// All of one kind.
    pub(crate) fn all(kind: &str) -> Self {
        let objects = objects(NAMESPACE, &[kind]);
        assert!(!objects.is_empty(), "the release has {kind}");
        Self { objects }
    }

    /// Each by kind and name.
    pub(crate) fn of(names: &[&str]) -> Self {
        let object = |name: &&str| kubectl(NAMESPACE, &["get", name, "--output", "json"]).out;
        Self { objects: names.iter().map(|name| serde_json::from_str(&object(name)).expect("JSON")).collect() }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.objects.iter().for_each(replace);
    }
}

/// Not `apply`: helm finds its object as it left it.
pub(crate) fn replace(object: &Value) {
    let mut object = object.clone();
    let metadata = object["metadata"].as_object_mut().expect("metadata");
    metadata.retain(|key, _| ["name", "namespace", "labels", "annotations"].contains(&key.as_str()));
    let mut file = NamedTempFile::new().expect("a file");
    file.write_all(object.to_string().as_bytes()).expect("room for it");
    put_back(&["replace", "--filename", file.path().to_str().expect("a plain path")]);
}
