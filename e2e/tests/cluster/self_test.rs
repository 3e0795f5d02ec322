//! `helm test`, as NOTES.txt proposes it.

use crate::release::todo;
use crate::tools::run;

#[test]
fn helm_test_passes_and_shows_what_it_did() {
    let release = todo();
    let said = run("helm", &["test", &release.name, "--namespace", &release.namespace, "--logs", "--timeout", "3m"]);
    assert!(said.out.contains("Phase:          Succeeded"), "{}", said.out);
    assert!(said.out.contains("POD LOGS"), "{}", said.out);
}
