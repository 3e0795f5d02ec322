//! What safety and observability cost, each as a ratio of two things measured in this one run, because absolute times say
//! more about the machine than about the code: `make bench`. Absent on purpose: pass or fail; a person reads the figures.

mod server;
mod sqlite;

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use server::{Server, User};
use tokio::task::JoinSet;

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["serve", how, database] => server::serve(*how == "instrumented", database),
        _ => compare(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn compare() -> Outcome<()> {
    tokio::runtime::Runtime::new()?.block_on(async {
        instrumentation().await?;
        store().await?;
        login_storm().await
    })
}

/// CPU time of two servers that differ in nothing but logs, metrics and spans, in alternating rounds.
async fn instrumentation() -> Outcome<()> {
    const PAIRS: usize = 40;
    const REQUESTS: usize = 800;
    let (with, without) = (Server::start("instrumented").await?, Server::start("bare").await?);
    let (with_user, without_user) = (with.sign_up().await?, without.sign_up().await?);
    let mut ratios = Vec::new();
    // The first pair fills caches and pools and is not counted. Each goes first in every other pair, because the second
    // of two finds the processor's caches warm with what both share.
    for pair in 0..=PAIRS {
        let (costly, cheap) = if pair % 2 == 0 {
            let costly = cpu_of(&with, &with_user, REQUESTS).await?;
            (costly, cpu_of(&without, &without_user, REQUESTS).await?)
        } else {
            let cheap = cpu_of(&without, &without_user, REQUESTS).await?;
            (cpu_of(&with, &with_user, REQUESTS).await?, cheap)
        };
        if pair > 0 {
            ratios.push(costly.as_secs_f64() / cheap.as_secs_f64());
        }
    }
    ratios.sort_by(f64::total_cmp);
    println!(
        "instrumentation: CPU per request with / without = {:.3} (median of {PAIRS} pairs, half of them {:.3} to {:.3}; \
         budget 1.06)",
        ratios[PAIRS / 2],
        ratios[PAIRS / 4],
        ratios[PAIRS * 3 / 4],
    );
    Ok(())
}

/// CPU time that the server spends on a mix of four list requests to one creation.
async fn cpu_of(server: &Server, user: &User, requests: usize) -> Outcome<Duration> {
    let before = server.cpu()?;
    let mut clients = JoinSet::new();
    for client in 0..8 {
        let user = user.clone();
        clients.spawn(async move {
            for request in 0..requests / 8 {
                if (request + client) % 5 == 0 { user.create().await? } else { user.list().await? }
            }
            Outcome::Ok(())
        });
    }
    while let Some(client) = clients.join_next().await {
        client??;
    }
    Ok(server.cpu()? - before)
}

/// One request after the other against the same statements in a bare loop, on SQLite with the same durability.
async fn store() -> Outcome<()> {
    const REPEATS: u32 = 1_000;
    let server = Server::start("instrumented").await?;
    let user = server.sign_up().await?;
    let bare = sqlite::Bare::open().await?;
    let (mut create, mut list) = (Pair::default(), Pair::default());
    for _ in 0..REPEATS {
        create.ours += timed(user.create()).await?;
        create.bare += timed(bare.create()).await?;
    }
    for _ in 0..REPEATS {
        list.ours += timed(user.list()).await?;
        list.bare += timed(bare.list()).await?;
    }
    for (name, pair) in [("create", create), ("list of 50", list)] {
        println!(
            "store, {name}: one request / one bare sqlx call = {:.1} ({:.0} µs / {:.0} µs, mean of {REPEATS})",
            pair.ours.as_secs_f64() / pair.bare.as_secs_f64(),
            (pair.ours / REPEATS).as_secs_f64() * 1e6,
            (pair.bare / REPEATS).as_secs_f64() * 1e6,
        );
    }
    Ok(())
}

#[derive(Default)]
struct Pair {
    ours: Duration,
    bare: Duration,
}

async fn timed(work: impl Future<Output = Outcome<()>>) -> Outcome<Duration> {
    let started = Instant::now();
    work.await?;
    Ok(started.elapsed())
}

/// Read latency alone and beside more log-ins than the machine can hash.
async fn login_storm() -> Outcome<()> {
    const READS: usize = 500;
    let server = Server::start("instrumented").await?;
    let user = server.sign_up().await?;
    let quiet = p95_of_reads(&user, READS).await?;
    let mut storm = JoinSet::new();
    for _ in 0..32 {
        let user = user.clone();
        storm.spawn(async move {
            loop {
                // A refusal is an answer too: beyond its bound the server says 503 instead of queueing.
                let _ = user.log_in().await;
            }
        });
    }
    let stormy = p95_of_reads(&user, READS).await?;
    storm.shutdown().await;
    println!(
        "log-in storm: p95 of reads with 32 clients logging in / alone = {:.1} ({:.1} ms / {:.1} ms, {READS} reads each)",
        stormy.as_secs_f64() / quiet.as_secs_f64(),
        stormy.as_secs_f64() * 1e3,
        quiet.as_secs_f64() * 1e3,
    );
    Ok(())
}

async fn p95_of_reads(user: &User, reads: usize) -> Outcome<Duration> {
    let mut times = Vec::with_capacity(reads);
    for _ in 0..reads {
        times.push(timed(user.list()).await?);
    }
    times.sort();
    Ok(times[reads * 95 / 100])
}
