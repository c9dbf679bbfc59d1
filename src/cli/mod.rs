//! The command line: what can be asked, progress, and errors that people understand. Does none of the work.

mod accounts;
mod args;
mod check;
mod interrupt;
mod progress;
mod say;

pub use accounts::{cities, tokens, users};
pub use args::{
    Args, Backup, BuildTiles, Check, Command, Demo, Export, Format, Import, Listen, Serve, Tiles, Tokens, User,
};
pub use check::{Checked, check};
pub use interrupt::on_interrupt;
pub use progress::Bar;
pub use say::{error, hint, json, line, output};
