//! What the images are made of, held by reading the files that make them. That they run is proven on the cluster.

use std::{collections::BTreeSet, fs, path::Path};

/// A stage of the Dockerfile: its first line and the instructions behind it, continued lines joined.
struct Stage {
    base: String,
    name: String,
    instructions: Vec<String>,
}

impl Stage {
    fn has(&self, instruction: &str) -> bool {
        self.instructions.iter().any(|line| line == instruction)
    }
}

#[test]
fn an_image_is_a_program_with_certificates_on_nothing_and_runs_as_nobody() {
    let stages = stages();
    let base = stage(&stages, "base");
    assert_eq!(base.base, "scratch");
    assert!(base.has("COPY --from=build /ca-certificates.crt /etc/ssl/certs/ca-certificates.crt"));
    assert!(base.has("USER 65532:65532"), "by number, or the kubelet can't tell that it isn't root");
    for program in ["backend", "frontend", "loadtest"] {
        let image = stage(&stages, program);
        assert_eq!(image.base, "base", "{program}");
        assert!(image.has(&format!("COPY --from=build /{program} /{program}")), "{program}");
        assert!(image.has(&format!("ENTRYPOINT [\"/{program}\"]")), "{program}");
        let more = image.instructions.iter().filter(|line| {
            let word = line.split(' ').next().unwrap_or_default();
            !["COPY", "EXPOSE", "ENTRYPOINT", "ARG", "LABEL"].contains(&word)
        });
        assert_eq!(more.collect::<Vec<_>>(), Vec::<&String>::new(), "{program} holds its program and nothing else");
    }
}

#[test]
fn an_image_says_what_it_is() {
    for program in ["backend", "frontend", "loadtest"] {
        let stages = stages();
        let labels = stage(&stages, program).instructions.iter().filter(|line| line.starts_with("LABEL "));
        let labels = labels.cloned().collect::<String>();
        for label in ["title", "description", "version", "revision", "source", "licenses"] {
            assert!(labels.contains(&format!("org.opencontainers.image.{label}=\"")), "{program} has no {label}");
        }
        assert!(labels.contains(&format!("title=\"todo-{program}\"")), "{labels}");
        assert!(labels.contains("licenses=\"Apache-2.0\""), "{labels}");
    }
}

#[test]
fn the_ports_are_those_the_programs_listen_on_by_default() {
    let unset = |_: &str| None;
    let backend = backend::config::Config::from_lookup(&unset).unwrap().listen.port();
    let frontend = frontend::config::Config::from_lookup(&unset).unwrap().listen.port();
    let stages = stages();
    for (program, port) in [("backend", backend), ("frontend", frontend)] {
        assert!(stage(&stages, program).has(&format!("EXPOSE {port}")), "{program} listens on {port}");
    }
}

#[test]
fn the_image_that_compiles_has_the_pinned_compiler_and_the_flags_of_the_host_build() {
    let stages = stages();
    let build = stage(&stages, "build");
    let toolchain = read("rust-toolchain.toml");
    let channel = toolchain.lines().find_map(|line| line.strip_prefix("channel = \"")?.strip_suffix('"')).unwrap();
    assert_eq!(build.base, format!("rust:{channel}-bookworm"));
    let host = read("scripts/binaries");
    for flag in ["-C target-feature=+crt-static", "--release --locked", "--no-default-features"] {
        assert!(build.instructions.iter().any(|line| line.contains(flag)), "Dockerfile: {flag}");
        assert!(host.contains(flag), "scripts/binaries: {flag}");
    }
}

#[test]
fn the_context_holds_every_member_of_the_workspace_and_no_secret() {
    let ignore = read(".dockerignore");
    let allowed: BTreeSet<&str> = ignore.lines().filter_map(|line| line.strip_prefix('!')).collect();
    assert_eq!(
        ignore.lines().find(|line| !line.starts_with('#')),
        Some("*"),
        "everything is left out that is not named"
    );
    let manifest = read("Cargo.toml");
    let members = manifest.lines().find_map(|line| line.strip_prefix("members = [")?.strip_suffix(']')).unwrap();
    for member in members.split(", ").map(|member| member.trim_matches('"')) {
        let folder = member.split('/').next().unwrap();
        assert!(allowed.contains(folder) || allowed.contains(format!("{member}/Cargo.toml").as_str()), "{member}");
    }
    for entry in &allowed {
        assert!(root().join(entry).exists(), "{entry} is let in and does not exist");
        assert!(!entry.starts_with('.'), "{entry}: neither history nor passwords go into a build");
    }
}

fn stages() -> Vec<Stage> {
    let text = read("Dockerfile").replace("\\\n", "");
    let mut stages: Vec<Stage> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match line.strip_prefix("FROM ").and_then(|from| from.split_once(" AS ")) {
            Some((base, name)) => {
                stages.push(Stage { base: base.to_owned(), name: name.to_owned(), instructions: Vec::new() });
            }
            None => stages.last_mut().expect("a stage comes first").instructions.push(line.to_owned()),
        }
    }
    stages
}

fn stage<'a>(stages: &'a [Stage], name: &str) -> &'a Stage {
    stages.iter().find(|stage| stage.name == name).unwrap_or_else(|| panic!("the Dockerfile has no stage {name}"))
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}
