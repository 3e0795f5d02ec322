//! What an upgrade must not touch.

use crate::release::todo;
use crate::tools::texts;

#[test]
fn two_upgrades_that_change_nothing_keep_every_secret_and_every_pod() {
    let release = todo();
    let secrets = || {
        let data = release.objects("secrets").iter().map(|secret| secret["data"].to_string()).collect::<Vec<_>>();
        assert!(!data.is_empty(), "the release has a Secret");
        data
    };
    let database_and_pages = || {
        let pods = release.objects("pods");
        let steady = |pod: &&serde_json::Value| {
            // The autoscaler may add and remove backend pods meanwhile, but not under another template.
            pod["metadata"]["labels"]["app.kubernetes.io/component"] != "backend"
        };
        texts(&pods.iter().filter(steady).cloned().collect::<Vec<_>>(), "/metadata/uid")
    };
    let templates = || texts(&release.objects("replicasets"), "/metadata/name");

    let before = (secrets(), database_and_pages(), templates());
    for _ in 0..2 {
        release.upgrade(&[]);
        // Without the bytes, which belong into no log.
        assert!(secrets() == before.0, "a secret changed");
        assert_eq!((database_and_pages(), templates()), (before.1.clone(), before.2.clone()));
    }
}
