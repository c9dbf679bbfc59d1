//! The command line: what can be asked, progress, and errors that people understand. Does none of the work.

mod accounts;
mod args;
mod check;
mod interrupt;
mod progress;
mod console;

pub use accounts::{list_city_ids, run_token_command, run_user_command};
pub use args::{
    BackupArgs, BuildTilesArgs, CheckArgs, CliArgs, CliCommand, DemoArgs, ExportArgs, FormatArg, ImportArgs,
    ListenArgs, ServeArgs, TilesCommand, TokenArgs, UserArgs,
};
pub use check::{CheckReport, check_plan};
pub use console::{print_error, print_finding, print_json, print_line, print_output};
pub use interrupt::on_interrupt;
pub use progress::TerminalProgress;
