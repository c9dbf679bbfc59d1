//! The planner's questions against brute force: all features, no index, other formulas.

mod inside;
mod nearby;
mod oracle;
mod plan;
