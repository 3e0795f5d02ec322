//! Runs Helm on the chart and reads what it renders. One render per set of arguments: the tests share them.
//! Absent on purpose: a cluster, and every judgement of what was rendered.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, LazyLock, Mutex, OnceLock},
};

use e2e::tool::{Tool, root, variable};
use serde_json::Value;

use crate::objects::Objects;

/// The version of the test cluster. Without a word Helm takes what its build says, and a plain build says 1.20.
pub(crate) const KUBERNETES: &str = "--kube-version=1.36.3";

/// A chart on disk, and Helm to render it.
#[derive(Clone)]
pub(crate) struct Chart {
    pub(crate) folder: PathBuf,
    helm: Arc<Tool>,
}

impl Chart {
    /// The chart of this repository, or the copy that `CHART` names, or a visible word that there is no Helm.
    pub(crate) fn open() -> Option<Self> {
        Self::at(variable("CHART").map_or_else(|| root().join("helm/todo"), PathBuf::from))
    }

    /// Another chart: a copy with a change, or a package.
    pub(crate) fn at(folder: PathBuf) -> Option<Self> {
        Some(Self { folder, helm: Arc::new(Tool::find("helm", "helm")?) })
    }

    /// A copy to change, with what its links point to instead of the links.
    pub(crate) fn copy(&self, target: &Path) -> Self {
        let done = Command::new("cp").arg("-rL").arg(&self.folder).arg(target).status().expect("cp");
        assert!(done.success(), "the chart can be copied");
        Self { folder: target.join("todo"), helm: Arc::clone(&self.helm) }
    }

    /// Runs a command of Helm.
    pub(crate) fn helm(&self, arguments: &[&str]) -> Result<String, String> {
        self.helm.run(&arguments.iter().map(|argument| (*argument).to_owned()).collect::<Vec<_>>())
    }

    /// A render with the chart's defaults, to be refined.
    pub(crate) fn render(&self) -> Render {
        let arguments = ["template", "todo", &self.folder.to_string_lossy(), "--namespace=todo", KUBERNETES];
        let arguments = arguments.map(str::to_owned);
        Render { chart: self.clone(), arguments: arguments.to_vec() }
    }

    /// The environment files and the feature files, by their path inside the chart; `None` is the defaults alone.
    pub(crate) fn values_files(&self) -> Vec<Option<String>> {
        let mut files = Vec::new();
        for (folder, prefix, ending) in [(".", "values-", ".yaml"), ("ci", "", "-values.yaml")] {
            let Ok(entries) = std::fs::read_dir(self.folder.join(folder)) else { continue };
            let names = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
            let found = names.filter(|name| name.starts_with(prefix) && name.ends_with(ending));
            files.extend(found.map(|name| if folder == "." { name } else { format!("{folder}/{name}") }));
        }
        files.sort();
        std::iter::once(None).chain(files.into_iter().map(Some)).collect()
    }

    /// Every values file with its render, named for messages.
    pub(crate) fn every_render(&self) -> Vec<(String, Arc<Objects>)> {
        self.values_files()
            .into_iter()
            .map(|file| {
                let name = file.clone().unwrap_or_else(|| "values.yaml".to_owned());
                let objects = self.render().file(file.as_deref()).objects();
                (name, objects)
            })
            .collect()
    }

    /// A file of the chart as text.
    pub(crate) fn text(&self, file: &str) -> String {
        let path = self.folder.join(file);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// A YAML file of the chart.
    pub(crate) fn yaml(&self, file: &str) -> Value {
        serde_saphyr::from_str(&self.text(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
    }
}

/// The arguments of one `helm template`.
#[derive(Clone)]
pub(crate) struct Render {
    chart: Chart,
    arguments: Vec<String>,
}

type Rendered = Arc<OnceLock<Result<(String, Arc<Objects>), String>>>;

/// The cell is filled outside the lock, so that two tests render at the same time, but not the same thing.
static RENDERED: LazyLock<Mutex<HashMap<Vec<String>, Rendered>>> = LazyLock::new(Mutex::default);

impl Render {
    /// With a values file of the chart, if one is named.
    pub(crate) fn file(mut self, file: Option<&str>) -> Self {
        let paths = file.map(|file| format!("--values={}", self.chart.folder.join(file).display()));
        self.arguments.extend(paths);
        self
    }

    /// With a value, as in `--set a.b=c`.
    pub(crate) fn set(mut self, assignment: &str) -> Self {
        self.arguments.push(format!("--set={assignment}"));
        self
    }

    /// With one more argument, as Helm spells it.
    pub(crate) fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// Under another name than `todo`.
    pub(crate) fn release(mut self, name: &str) -> Self {
        self.arguments[1] = name.to_owned();
        self
    }

    /// What was rendered; a refusal fails the test.
    pub(crate) fn objects(&self) -> Arc<Objects> {
        self.result().unwrap_or_else(|error| panic!("{:?}:\n{error}", self.arguments))
    }

    /// What was rendered, or why Helm refused.
    pub(crate) fn result(&self) -> Result<Arc<Objects>, String> {
        self.shared().map(|(_, objects)| objects)
    }

    /// A render that nobody else has seen: what is random in it is random again.
    pub(crate) fn fresh(&self) -> Result<Arc<Objects>, String> {
        self.run().map(|(_, objects)| objects)
    }

    /// What Helm prints, for another program to read.
    pub(crate) fn text(&self) -> String {
        self.shared().map(|(text, _)| text).unwrap_or_else(|error| panic!("{:?}:\n{error}", self.arguments))
    }

    fn shared(&self) -> Result<(String, Arc<Objects>), String> {
        let cell = {
            let mut rendered = RENDERED.lock().expect("no test panics while it holds the renders");
            Arc::clone(rendered.entry(self.arguments.clone()).or_default())
        };
        cell.get_or_init(|| self.run()).clone()
    }

    fn run(&self) -> Result<(String, Arc<Objects>), String> {
        let text = self.chart.helm.run(&self.arguments)?;
        let objects = Arc::new(Objects::parse(&text));
        Ok((text, objects))
    }
}
