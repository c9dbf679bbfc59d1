//! The planner's questions against brute force: all features, no index, other formulas.

mod ground;
mod inside;
mod nearby;
mod nearness;
mod oracle;
pub mod plan;
mod portfolio;
mod reach;
mod shapely;
mod similar;
mod summary;
mod tables;
