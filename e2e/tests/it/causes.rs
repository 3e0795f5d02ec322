//! The last lines of a failed `e2e/run`: what failed, and why. Absent on purpose: the run itself.

use std::fs;
use std::path::Path;
use std::process::Command;

/// What `e2e/causes` says of a folder.
fn causes(folder: &Path) -> String {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/causes");
    let said = Command::new(script).arg(folder).output().expect("bash");
    assert!(said.status.success(), "{said:?}");
    String::from_utf8(said.stdout).expect("text")
}

fn folder(junit: &str, tests: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("loadtest")).expect("a folder");
    fs::write(folder.path().join("loadtest/junit.xml"), junit).expect("room");
    fs::write(folder.path().join("tests.log"), tests).expect("room");
    folder
}

const JUNIT: &str = "<testsuites>
        <testcase name=\"SC-001: From helm install\" classname=\"loadtest.cluster\">
            <system-out>panicked at nothing, FAILED nothing
For example: nothing</system-out>
        </testcase>
        <testcase name=\"ERRORS: Requests failed\" classname=\"loadtest.cluster\">
            <failure message=\"43 of &quot;35,760&quot; &lt;requests&gt; &amp; pages weren&apos;t served.\" type=\"criterion\">35,760 requests: 43 failed
For example: GET /api/tasks: &quot;status 503&quot;, 42 times from 142.3 to 150.7 s
For example: GET frontend /tasks: page: status 503, once, at 142.4 s</failure>
        </testcase>
        <testcase name=\"SC-005: Queries\" classname=\"loadtest.cluster\">
            <skipped message=\"It needs a model.\"/>
        </testcase>
</testsuites>
";

const TESTS: &str = "test pages::a_page_is_shown ... ok
test secrets::two_upgrades_keep_every_secret ... FAILED
test self_test::helm_test_passes ... FAILED

failures:

---- secrets::two_upgrades_keep_every_secret stdout ----
something it said
thread 'secrets' (7) panicked at e2e/tests/cluster/secrets.rs:9:5:
the password of the database changed
note: run with RUST_BACKTRACE

failures:
    secrets::two_upgrades_keep_every_secret
";

#[test]
fn every_failed_criterion_and_test_is_named_with_its_reason() {
    let folder = folder(JUNIT, TESTS);
    fs::write(folder.path().join("unmeasured.txt"), "HPA-UP\n").expect("room");
    let wanted = "  ERRORS: 43 of \"35,760\" <requests> & pages weren't served.\n    \
                  For example: GET /api/tasks: \"status 503\", 42 times from 142.3 to 150.7 s\n    \
                  For example: GET frontend /tasks: page: status 503, once, at 142.4 s\n  \
                  HPA-UP: was not measured\n  \
                  secrets::two_upgrades_keep_every_secret: the password of the database changed\n  \
                  self_test::helm_test_passes: see its output\n";
    assert_eq!(causes(folder.path()), wanted);
}

#[test]
fn where_nothing_was_left_or_nothing_failed_nothing_is_said() {
    let empty = tempfile::tempdir().expect("a folder");
    assert_eq!(causes(empty.path()), "");
    assert_eq!(causes(folder("<testsuites/>\n", "test pages::a ... ok\n").path()), "");
}

#[test]
fn many_causes_are_cut_to_what_the_tail_of_a_log_shows() {
    let tests: String = (0..60).map(|number| format!("test many::number_{number} ... FAILED\n")).collect();
    let said = causes(folder(JUNIT, &tests).path());
    assert_eq!(said.lines().count(), 41);
    assert!(said.starts_with("  ERRORS: ") && said.contains("  and 23 more, in "), "{said}");
}
