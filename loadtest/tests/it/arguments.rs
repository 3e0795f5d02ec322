//! Exit status 2 and one line of reason for whatever is no run.

use std::net::TcpListener;

use crate::support::{run, run_with};

#[test]
fn a_command_line_that_makes_no_sense_ends_with_2_and_one_line() {
    for (arguments, named) in [
        (&["--target", "cluster"][..], "not built yet"),
        (&["--only", "SC-999"], "SC-999"),
        (&["--plan", "five"], "--plan"),
        (&["--users", "-1"], "users"),
        (&["--backend", "/no/such/file"], "/no/such/file"),
    ] {
        let finished = run(arguments);
        assert_eq!(finished.code, Some(2), "{arguments:?}: {}", finished.stderr);
        assert_eq!(finished.stderr.trim_end().lines().count(), 1, "{arguments:?}: {}", finished.stderr);
        assert!(finished.stderr.contains(named), "{arguments:?}: {}", finished.stderr);
        assert!(finished.stdout.is_empty(), "{arguments:?}: {}", finished.stdout);
    }
}

#[test]
fn help_explains_itself_on_stdout_with_success() {
    let finished = run(&["--help"]);
    assert_eq!(finished.code, Some(0));
    for word in ["Examples:", "--only", "--url", "Exit status:"] {
        assert!(finished.stdout.contains(word), "{word}: {}", finished.stdout);
    }
}

#[test]
fn a_server_that_cannot_be_reached_ends_with_2_and_the_reason() {
    // A port that was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let finished = run(&["--url", &format!("http://127.0.0.1:{port}")]);
    assert_eq!(finished.code, Some(2), "{}", finished.stderr);
    let last = finished.stderr.trim_end().lines().last().unwrap();
    assert!(last.contains("cannot be reached") && last.contains("refused"), "{}", finished.stderr);
}

#[test]
fn a_backend_that_does_not_serve_ends_with_2_and_what_it_said() {
    let faulty = crate::support::faulty_backend();
    let finished = run_with(&["--backend", faulty.to_str().unwrap()], &[("TODO_FAULT", "nonsense")]);
    assert_eq!(finished.code, Some(2), "{}", finished.stderr);
    let last = finished.stderr.trim_end().lines().last().unwrap();
    assert!(last.contains("TODO_FAULT=\"nonsense\""), "{}", finished.stderr);
}
