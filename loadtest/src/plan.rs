//! The steps of the steady load: how many users, and when the heaviest step is. Absent on purpose: running them.

use goose::test_plan::TestPlan;

/// How the steady load rises, stays and ends.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Users and seconds: the time to get from the step before to this many users, or to stay there.
    steps: Vec<(usize, usize)>,
}

impl Plan {
    /// Half of the users for most of the time, then all of them.
    pub fn standard(users: u32, seconds: usize) -> Self {
        let (all, half) = (users as usize, (users as usize).div_ceil(2));
        let rise = (seconds / 12).max(1);
        let peak = (seconds / 3).max(1);
        let stay = seconds.saturating_sub(2 * rise + peak).max(1);
        let mut steps = vec![(half, rise), (half, stay)];
        if all > half {
            steps.push((all, rise));
        }
        steps.extend([(all, peak), (0, 1)]);
        Self { steps }
    }

    /// Reads goose's form. A last step down to no user is added when it is missing: without it goose never ends.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut steps = Vec::new();
        for step in text.split(';') {
            let parsed = step.split_once(',').and_then(|(users, time)| {
                let (users, seconds) = (users.trim().parse::<usize>().ok()?, goose::util::parse_timespan(time.trim())?);
                // Nobody rises to a number of users, or stays there, in no time.
                (seconds > 0 || (users == 0 && !time.trim().is_empty())).then_some((users, seconds))
            });
            match parsed {
                Some(step) => steps.push(step),
                None => return Err(format!("{step:?} is not \"users,time\", such as \"20,30s\"")),
            }
        }
        if steps.iter().all(|(users, _)| *users == 0) {
            return Err("no step has a user".to_owned());
        }
        if steps.iter().any(|(users, _)| *users > 2_000) {
            return Err("more than 2,000 users share this machine badly with the server".to_owned());
        }
        if steps.last().is_some_and(|(users, _)| *users > 0) {
            steps.push((0, 1));
        }
        Ok(Self { steps })
    }

    /// Users at the heaviest step.
    pub fn peak_users(&self) -> usize {
        self.steps.iter().map(|(users, _)| *users).max().unwrap_or(0)
    }

    /// All users that are started: a second rise starts new ones.
    pub fn total_users(&self) -> usize {
        let before = std::iter::once(0).chain(self.steps.iter().map(|(users, _)| *users));
        self.steps.iter().zip(before).map(|((users, _), before)| users.saturating_sub(before)).sum()
    }

    /// When the heaviest step begins and ends, in seconds since the load began; the rise to it is not part of it.
    pub fn peak(&self) -> (f64, f64) {
        let (mut at, mut best, mut before) = (0, (0, 0, 0), 0);
        for (users, seconds) in &self.steps {
            let stays = *users == before && *users > 0;
            if stays && *users > best.0 {
                best = (*users, at, at + seconds);
            }
            at += seconds;
            before = *users;
        }
        // A plan that only rises and falls has its heaviest moment somewhere: the whole of it then counts.
        if best.0 == 0 { (0.0, at as f64) } else { (best.1 as f64, best.2 as f64) }
    }

    /// How long the plan takes.
    pub fn seconds(&self) -> usize {
        self.steps.iter().map(|(_, seconds)| seconds).sum()
    }

    /// The plan in goose's form.
    pub fn goose(&self) -> String {
        let steps = self.steps.iter().map(|(users, seconds)| (*users, seconds * 1_000)).collect();
        TestPlan { steps, current: 0 }.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_plan_lasts_as_asked_and_peaks_at_its_end() {
        let plan = Plan::standard(40, 24);
        assert_eq!(plan.goose(), "20,2;20,12;40,2;40,8;0,1");
        assert_eq!((plan.peak_users(), plan.total_users(), plan.seconds()), (40, 40, 25));
        assert_eq!(plan.peak(), (16.0, 24.0));
    }

    #[test]
    fn one_user_is_a_plan_too() {
        let plan = Plan::standard(1, 5);
        assert_eq!(plan.total_users(), 1);
        assert!(plan.peak().1 > plan.peak().0);
    }

    #[test]
    fn an_own_plan_is_closed_and_its_heaviest_step_is_found() {
        let plan = Plan::parse("10,5s; 10,30s;80,10s;80,1m;10,5s").unwrap();
        assert_eq!(plan.goose(), "10,5;10,30;80,10;80,60;10,5;0,1");
        assert_eq!((plan.peak(), plan.total_users()), ((45.0, 105.0), 80));
        assert_eq!(Plan::parse("4,3s;0,3s;4,3s").unwrap().total_users(), 8);
    }

    #[test]
    fn a_plan_that_goose_would_refuse_is_refused_here() {
        for text in ["", "5", "5,", "five,5s", "5,soon", "5,0s", "0,5s", "5,5s;;", "9999,5s"] {
            assert!(Plan::parse(text).is_err(), "{text:?}");
        }
    }
}
