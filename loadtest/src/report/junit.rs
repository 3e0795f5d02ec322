//! `junit.xml`: one test case per criterion, so that any CI shows the verdict. Not measured becomes skipped.

use std::io;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::measurements::Measurements;
use crate::verdict::{Criterion, Status, Verdict};

pub(super) fn text(measurements: &Measurements, verdict: &Verdict) -> io::Result<String> {
    let took = Duration::try_from(verdict.finished_at - verdict.started_at).unwrap_or_default();
    let mut suite = TestSuite::new(format!("loadtest {}", verdict.target));
    suite.set_time(took);
    suite.add_property(("release", verdict.release.as_str()));
    suite.add_property(("profile", measurements.environment.profile.as_str()));
    suite.add_property(("seed", measurements.environment.seed.to_string().as_str()));
    suite.add_property(("partial", verdict.partial.to_string().as_str()));
    suite.add_test_cases(verdict.criteria.iter().map(|criterion| case(criterion, &verdict.target)));
    let mut report = Report::new("loadtest");
    report.set_time(took);
    report.add_test_suite(suite);
    report.to_string().map_err(io::Error::other)
}

fn case(criterion: &Criterion, target: &str) -> TestCase {
    let evidence = criterion.evidence.join("\n");
    let status = match criterion.status {
        Status::Pass => TestCaseStatus::success(),
        Status::Fail => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_type("criterion").set_message(criterion.reason.as_str()).set_description(evidence.as_str());
            status
        }
        Status::NotMeasured => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(criterion.reason.as_str());
            status
        }
    };
    let mut case = TestCase::new(format!("{}: {}", criterion.id, criterion.title), status);
    case.set_classname(format!("loadtest.{target}"));
    if criterion.status == Status::Pass {
        case.set_system_out(format!("{}\n{evidence}", criterion.reason));
    }
    case
}
