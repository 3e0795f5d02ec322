//! Rebuilds when a migration is added: `sqlx::migrate!` reads the folders while compiling, and cargo cannot see that.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
