//! The planner's questions against brute force: all features, no index, other formulas.

#![allow(clippy::unwrap_used, clippy::float_cmp, clippy::needless_pass_by_value)] // A test that cannot go on stops; exact numbers are exact.

mod ground;
mod inside;
mod nearby;
mod nearness;
mod oracle;
mod plan;
mod portfolio;
mod similar;
mod summary;
mod tables;
