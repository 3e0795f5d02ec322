//! Rendered Kubernetes objects, and the few questions that many tests ask of them.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// One Kubernetes object.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Object(pub(crate) Value);

/// Everything one render made, ordered by kind and name.
#[derive(Clone, Debug)]
pub(crate) struct Objects(Vec<Object>);

pub(crate) type Labels = BTreeMap<String, String>;

const NAME: &str = "app.kubernetes.io/name";
const INSTANCE: &str = "app.kubernetes.io/instance";
pub(crate) const COMPONENT: &str = "app.kubernetes.io/component";
/// What a selector of the chart consists of, nothing more and nothing less.
pub(crate) const SELECTOR: [&str; 3] = [COMPONENT, INSTANCE, NAME];

impl Objects {
    /// Reads a YAML stream; a key that stands twice in a mapping fails the test.
    pub(crate) fn parse(text: &str) -> Self {
        let documents: Vec<Value> =
            serde_saphyr::from_multiple(text).unwrap_or_else(|error| panic!("not a YAML stream: {error}\n{text}"));
        Self::of(documents)
    }

    /// Orders objects and leaves out empty documents.
    pub(crate) fn of(documents: Vec<Value>) -> Self {
        let mut objects: Vec<Object> =
            documents.into_iter().filter(|document| !document.is_null()).map(Object).collect();
        objects.sort_by_key(Object::id);
        Self(objects)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Object> {
        self.0.iter()
    }

    /// The object, which must be there.
    pub(crate) fn get(&self, kind: &str, name: &str) -> &Object {
        self.find(kind, name).unwrap_or_else(|| panic!("no {kind} {name} among {:?}", self.ids()))
    }

    pub(crate) fn find(&self, kind: &str, name: &str) -> Option<&Object> {
        self.iter().find(|object| object.kind() == kind && object.name() == name)
    }

    pub(crate) fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Object> {
        self.iter().filter(move |object| object.kind() == kind)
    }

    /// `Kind/name` of every object.
    pub(crate) fn ids(&self) -> Vec<String> {
        self.iter().map(Object::id).collect()
    }

    /// Whatever starts pods, hooks included.
    pub(crate) fn workloads(&self) -> impl Iterator<Item = &Object> {
        self.iter().filter(|object| object.pod().is_some())
    }

    /// The one object of this kind and component.
    pub(crate) fn of_component(&self, kind: &str, component: &str) -> &Object {
        let mut found = self.of_kind(kind).filter(|object| object.component() == component);
        let first = found.next().unwrap_or_else(|| panic!("no {kind} of {component} among {:?}", self.ids()));
        assert!(found.next().is_none(), "more than one {kind} of {component}");
        first
    }
}

impl Object {
    pub(crate) fn kind(&self) -> &str {
        self.text("/kind")
    }

    pub(crate) fn name(&self) -> &str {
        self.text("/metadata/name")
    }

    pub(crate) fn id(&self) -> String {
        format!("{}/{}", self.kind(), self.name())
    }

    /// The text at a JSON pointer; nothing is the empty text.
    pub(crate) fn text(&self, pointer: &str) -> &str {
        self.at(pointer).as_str().unwrap_or_default()
    }

    /// The value at a JSON pointer, or null.
    pub(crate) fn at(&self, pointer: &str) -> &Value {
        self.0.pointer(pointer).unwrap_or(&Value::Null)
    }

    pub(crate) fn labels(&self) -> Labels {
        labels(self.at("/metadata/labels"))
    }

    pub(crate) fn component(&self) -> &str {
        self.text("/metadata/labels/app.kubernetes.io~1component")
    }

    /// The labels that choose this object's pods, if it chooses any.
    pub(crate) fn selector(&self) -> Option<&Value> {
        match self.kind() {
            "Service" => Some(self.at("/spec/selector")),
            "Deployment" | "StatefulSet" | "PodDisruptionBudget" => Some(self.at("/spec/selector/matchLabels")),
            "ServiceMonitor" => Some(self.at("/spec/selector/matchLabels")),
            _ => None,
        }
    }

    /// Metadata and spec of the pods it starts.
    pub(crate) fn pod(&self) -> Option<&Value> {
        let pod = match self.kind() {
            "Pod" => &self.0,
            "Deployment" | "StatefulSet" | "DaemonSet" | "Job" => self.at("/spec/template"),
            "CronJob" => self.at("/spec/jobTemplate/spec/template"),
            _ => return None,
        };
        Some(pod)
    }

    /// The spec of the pods it starts.
    pub(crate) fn pod_spec(&self) -> &Value {
        &self.pod().unwrap_or_else(|| panic!("{} starts no pods", self.id()))["spec"]
    }

    /// The labels of the pods it starts.
    pub(crate) fn pod_labels(&self) -> Labels {
        labels(&self.pod().unwrap_or_else(|| panic!("{} starts no pods", self.id()))["metadata"]["labels"])
    }
}

/// Containers of every kind in a pod's spec.
pub(crate) fn containers(pod_spec: &Value) -> impl Iterator<Item = &Value> {
    ["initContainers", "containers", "ephemeralContainers"].iter().flat_map(|kind| list(&pod_spec[kind]))
}

/// The entries of a list; nothing is an empty one.
pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// The entries of a mapping; nothing is an empty one.
pub(crate) fn map(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

/// A mapping of texts; a number or a boolean among them fails, as it does in the API server.
pub(crate) fn labels(value: &Value) -> Labels {
    map(value)
        .map(|(key, value)| {
            let text = value.as_str().unwrap_or_else(|| panic!("{key}: {value} is no text"));
            (key.clone(), text.to_owned())
        })
        .collect()
}
