//! Which images run: always a fixed version, always from where the values say.

use serde_json::Value;

use crate::{
    helm::Chart,
    objects::{Objects, containers, list},
};

fn images(objects: &Objects) -> Vec<String> {
    let specs = objects.workloads().map(crate::objects::Object::pod_spec);
    let mut images: Vec<String> = specs
        .flat_map(containers)
        .map(|container| container["image"].as_str().unwrap_or_else(|| panic!("no image: {container}")).to_owned())
        .collect();
    images.sort();
    images.dedup();
    images
}

/// Whether the reference names one version: a digest, or a tag that is not `latest`.
fn fixed(image: &str) -> bool {
    let name = image.rsplit('/').next().unwrap_or(image);
    image.contains("@sha256:") || name.split_once(':').is_some_and(|(_, tag)| !tag.is_empty() && tag != "latest")
}

#[test]
fn a_reference_without_a_version_would_be_found_out() {
    for (image, expected) in [
        ("todo-backend:0.1.0", true),
        ("registry:5000/todo-backend@sha256:0123", true),
        ("registry:5000/todo-backend", false),
        ("todo-backend:latest", false),
        ("todo-backend", false),
    ] {
        assert_eq!(fixed(image), expected, "{image}");
    }
}

#[test]
fn every_image_is_one_fixed_version() {
    let Some(chart) = Chart::open() else { return };
    for (file, objects) in chart.every_render() {
        for image in images(&objects) {
            assert!(fixed(&image), "{file}: {image}");
        }
    }
}

#[test]
fn our_images_have_the_version_of_the_workspace() {
    let Some(chart) = Chart::open() else { return };
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(chart.yaml("Chart.yaml")["appVersion"], version);
    assert_eq!(chart.yaml("Chart.yaml")["version"], version);
    let images = images(&chart.render().objects());
    for name in ["todo-backend", "todo-frontend", "todo-loadtest"] {
        assert!(images.contains(&format!("{name}:{version}")), "{name}: {images:?}");
    }
}

#[test]
fn a_digest_wins_over_a_tag_and_a_tag_over_the_version() {
    let Some(chart) = Chart::open() else { return };
    let digest = format!("sha256:{}", "ab".repeat(32));
    for (component, repository) in [
        ("backend", "todo-backend"),
        ("frontend", "todo-frontend"),
        ("loadtest", "todo-loadtest"),
        ("database", "postgres"),
    ] {
        let tagged = chart.render().set(&format!("{component}.image.tag=9.9,{component}.image.digest="));
        assert!(images(&tagged.objects()).contains(&format!("{repository}:9.9")), "{component}");
        let digested = tagged.set(&format!("{component}.image.digest={digest}"));
        let images = images(&digested.objects());
        let ours = |image: &&String| image.contains(repository);
        let expected = format!("@{digest}");
        assert!(images.iter().filter(ours).all(|image| image.ends_with(&expected)), "{component}: {images:?}");
    }
}

#[test]
fn a_registry_and_its_password_reach_every_pod() {
    let Some(chart) = Chart::open() else { return };
    let everything = chart.render().set(
        "global.imageRegistry=registry.example.com/team,global.imagePullSecrets[0].name=login,backup.enabled=true",
    );
    let objects = everything.objects();
    for image in images(&objects) {
        assert!(image.starts_with("registry.example.com/team/"), "{image}");
    }
    for workload in objects.workloads() {
        let secrets: Vec<&Value> =
            list(&workload.pod_spec()["imagePullSecrets"]).iter().map(|secret| &secret["name"]).collect();
        assert_eq!(secrets, ["login"], "{}", workload.id());
    }
    let own = everything.set("backend.image.registry=elsewhere.example.com").objects();
    assert!(images(&own).iter().any(|image| image.starts_with("elsewhere.example.com/todo-backend:")));
}

#[test]
fn what_the_image_of_the_backup_leaves_empty_is_the_databases() {
    let Some(chart) = Chart::open() else { return };
    let database = chart.yaml("values.yaml")["database"]["image"].clone();
    let text = |key: &str| database[key].as_str().expect("a text").to_owned();
    let (tag, digest) = (text("tag"), text("digest"));
    for (assignment, expected) in [
        ("backup.image.registry=r.example.com", format!("r.example.com/postgres:{tag}@{digest}")),
        ("backup.image.tag=17.9", "postgres:17.9".to_owned()),
        ("backup.image.repository=tools", format!("tools:{tag}")),
    ] {
        let objects = chart.render().set(&format!("backup.enabled=true,{assignment}")).objects();
        for name in ["todo-backup", "todo-restore"] {
            let pod = objects.get("CronJob", name).pod_spec();
            assert_eq!(pod["containers"][0]["image"], expected, "{name} with {assignment}");
        }
    }
}

#[test]
fn one_components_pull_policy_is_not_anothers() {
    let Some(chart) = Chart::open() else { return };
    let objects = chart.render().set("database.image.pullPolicy=Always,backend.image.pullPolicy=").objects();
    let pod = objects.get("Deployment", "todo-backend").pod_spec();
    assert_eq!(pod["containers"][0]["imagePullPolicy"], "IfNotPresent");
}
