//! The invariants of docs/ARCHITECTURE.md that a reader of the source can check, held by reading the source.
//! Absent on purpose: what the compiler or clippy already refuses (unsafe code, unwrap, the banned functions of clippy.toml).

use std::{
    fs,
    path::{Path, PathBuf},
};

/// One rule about single lines of the product's source.
struct Rule {
    /// Read after the file and line of an offence: "backend/src/app.rs:12 …".
    says: &'static str,
    applies_to: fn(&str) -> bool,
    offends: fn(&str) -> bool,
}

const RULES: &[Rule] = &[
    Rule {
        says: "holds SQL, which belongs into a store file",
        applies_to: |file| !file.ends_with("/store.rs") && !file.contains("/store/") && !file.contains("/database/"),
        offends: holds_sql,
    },
    Rule {
        says: "picks an error status, which only the problem module does (and the probe /ready)",
        applies_to: |file| {
            file.starts_with("backend/src/")
                && !file.starts_with("backend/src/problem/")
                && file != "backend/src/probes.rs"
        },
        offends: |line| ERROR_STATUSES.iter().any(|status| line.contains(&format!("StatusCode::{status}"))),
    },
    Rule {
        says: "reads the environment, which only config.rs does",
        applies_to: |file| !file.ends_with("/config.rs"),
        offends: |line| line.contains("env::var"),
    },
    Rule {
        says: "names a metric by a literal, which only names.rs does",
        applies_to: |file| !file.ends_with("/names.rs"),
        offends: |line| ["counter!(\"", "gauge!(\"", "histogram!(\""].iter().any(|literal| line.contains(literal)),
    },
    Rule {
        says: "is a test that never runs",
        applies_to: |_| true,
        offends: |line| line.trim_start().starts_with("#[ignore"),
    },
    Rule {
        says: "silences a lint without `expect` and a reason",
        applies_to: |_| true,
        offends: |line| line.trim_start().starts_with("#[allow(") || line.trim_start().starts_with("#![allow("),
    },
];

/// The error statuses that an answer of the backend can carry.
const ERROR_STATUSES: &[&str] = &[
    "BAD_REQUEST",
    "UNAUTHORIZED",
    "FORBIDDEN",
    "NOT_FOUND",
    "METHOD_NOT_ALLOWED",
    "NOT_ACCEPTABLE",
    "REQUEST_TIMEOUT",
    "CONFLICT",
    "PRECONDITION_FAILED",
    "PAYLOAD_TOO_LARGE",
    "UNSUPPORTED_MEDIA_TYPE",
    "UNPROCESSABLE_ENTITY",
    "TOO_MANY_REQUESTS",
    "INTERNAL_SERVER_ERROR",
    "SERVICE_UNAVAILABLE",
    "GATEWAY_TIMEOUT",
];

fn holds_sql(line: &str) -> bool {
    let Some(literal) = line.split_once('"').map(|(_, literal)| literal) else {
        return false;
    };
    ["SELECT ", "INSERT INTO ", "DELETE FROM ", "CREATE TABLE "].iter().any(|verb| literal.contains(verb))
        || (literal.contains("UPDATE ") && literal.contains(" SET "))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace's root").to_path_buf()
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Path from the root and text of every Rust file below the folders, in a stable order.
fn sources(folders: &[&str]) -> Vec<(String, String)> {
    let root = root();
    let mut files = Vec::new();
    for folder in folders {
        rust_files(&root.join(folder), &mut files);
    }
    files.sort();
    files
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(&root).expect("below the root").to_string_lossy().into_owned();
            (name, fs::read_to_string(&path).expect("readable source"))
        })
        .collect()
}

/// Lines outside comments, before the file's unit tests, numbered from 1.
fn product_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .take_while(|(_, line)| line.trim() != "#[cfg(test)]")
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
        .map(|(index, line)| (index + 1, line))
}

fn offences(file: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for rule in RULES.iter().filter(|rule| (rule.applies_to)(file)) {
        for (number, line) in product_lines(text).filter(|(_, line)| (rule.offends)(line)) {
            found.push(format!("{file}:{number} {}: {}", rule.says, line.trim()));
        }
    }
    found
}

const PRODUCT: &[&str] = &["backend/src", "frontend/src", "crates/telemetry/src"];

#[test]
fn each_concern_stays_in_its_own_kind_of_file() {
    let found: Vec<String> = sources(PRODUCT).iter().flat_map(|(file, text)| offences(file, text)).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_rule_objects_to_its_offence() {
    for (file, line) in [
        ("backend/src/tasks/routes.rs", r#"    sqlx::query("SELECT id FROM tasks")"#),
        ("backend/src/app.rs", r#"let text = "UPDATE tasks SET title = $1";"#),
        ("backend/src/tasks/routes.rs", "    return StatusCode::NOT_FOUND.into_response();"),
        ("frontend/src/api.rs", r#"let url = std::env::var("BACKEND_URL");"#),
        ("frontend/src/app.rs", r#"metrics::counter!("panics_total").increment(1);"#),
        ("backend/src/app.rs", "    #[ignore = \"slow\"]"),
        ("crates/telemetry/src/log.rs", "#[allow(dead_code)]"),
    ] {
        assert_eq!(offences(file, line).len(), 1, "{file}: {line}");
    }
}

#[test]
fn no_source_file_has_more_than_four_hundred_lines() {
    let folders = ["backend", "frontend", "loadtest", "crates", "e2e"];
    let long: Vec<String> = sources(&folders)
        .iter()
        .filter(|(_, text)| text.lines().count() > 400)
        .map(|(file, text)| format!("{file}: {} lines", text.lines().count()))
        .collect();
    assert!(long.is_empty(), "two ideas in one file? {}", long.join(", "));
}

#[test]
fn the_frontend_cannot_reach_a_database() {
    let manifest = fs::read_to_string(root().join("frontend/Cargo.toml")).expect("the frontend's manifest");
    let dependencies = manifest.split("[dev-dependencies]").next().expect("the shipped dependencies");
    assert!(!dependencies.contains("sqlx"), "the frontend speaks to the backend's API only");
    assert!(!dependencies.contains("backend"), "the frontend speaks to the backend's API only");
}

/// Words in back-ticks that name a Rust file, by its path from the root or by the end of it.
fn rust_files_named_in(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2).filter(|word| word.ends_with(".rs") && !word.contains([' ', '*', '{']))
}

#[test]
fn the_documentation_names_only_files_that_exist() {
    let known: Vec<String> =
        sources(&["backend", "frontend", "loadtest", "crates", "e2e"]).into_iter().map(|(name, _)| name).collect();
    let mut missing = Vec::new();
    for page in ["README.md", "docs/ARCHITECTURE.md", "docs/requirements.md"] {
        let text = fs::read_to_string(root().join(page)).expect("a readable page");
        let unknown = rust_files_named_in(&text)
            .filter(|word| !known.iter().any(|name| name.ends_with(&format!("/{word}")) || name == word));
        missing.extend(unknown.map(|word| format!("{page}: {word}")));
    }
    assert!(missing.is_empty(), "{}", missing.join(", "));
}

/// Targets of a page's links to other files of the repository.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    let paths = targets.map(|target| target.split('#').next().unwrap_or_default());
    paths.filter(|path| !path.is_empty() && !path.contains("://"))
}

#[test]
fn every_link_of_the_documentation_leads_to_a_file() {
    let mut pages: Vec<PathBuf> = [
        "README.md",
        "backend/tests/mcp-clients/README.md",
        "e2e/README.md",
        "helm/todo/README.md",
        "monitoring/README.md",
        "dashboards/README.md",
    ]
    .map(|page| root().join(page))
    .to_vec();
    for folder in ["docs", "docs/decisions", "docs/runbooks"] {
        let entries = fs::read_dir(root().join(folder)).expect("a readable folder");
        let files = entries.map(|entry| entry.expect("a readable entry").path());
        pages.extend(files.filter(|path| path.extension().is_some_and(|extension| extension == "md")));
    }
    let mut broken = Vec::new();
    for page in &pages {
        let (text, folder) = (fs::read_to_string(page).expect("a readable page"), page.parent().expect("a folder"));
        let missing = links(&text).filter(|path| !folder.join(path).exists());
        broken.extend(missing.map(|path| format!("{}: {path}", page.display())));
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert_eq!(
        links("[a](b.md#c) [d](#e) [f](https://g.example) ![h](i/j.svg)").collect::<Vec<_>>(),
        ["b.md", "i/j.svg"]
    );
}

/// Targets that `make help` lists and that are not declared to be no files.
fn targets_taken_for_files(makefile: &str) -> Vec<&str> {
    let verbs: Vec<&str> =
        makefile.lines().filter_map(|line| line.strip_prefix(".PHONY:")).flat_map(str::split_whitespace).collect();
    let listed = makefile.lines().filter(|line| line.contains(" ## ")).filter_map(|line| line.split_once(':'));
    listed.map(|(target, _)| target).filter(|target| !verbs.contains(target)).collect()
}

#[test]
fn no_verb_of_make_is_mistaken_for_a_folder_of_that_name() {
    let makefile = fs::read_to_string(root().join("Makefile")).expect("the Makefile");
    assert_eq!(targets_taken_for_files(&makefile), Vec::<&str>::new());
    assert_eq!(targets_taken_for_files(".PHONY: help\nhelp: ## this\ne2e: ## a folder, too\n"), ["e2e"]);
}
