//! Who may talk to whom: the NetworkPolicies as rendered, against the table in docs/network.md.

mod policy;
mod policy_tests;
mod table;
mod truth;
mod world;
