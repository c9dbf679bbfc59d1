//! The command line: commands and flags, output, progress, accounts, and the check of a plan.

mod accounts; // users and tokens
mod args; // commands and flags
mod check; // what is wrong in a plan
mod collection_arg; // the name of a collection
mod copy_args; // flags of backup and restore
mod console; // output for people and programs
mod export_args; // flags of an export
mod interrupt; // Ctrl-C
mod progress; // progress bars
mod remote_args; // flags for what is fetched
mod table_args; // flags for tables
mod update_args; // flags for features that are in the plan

pub use accounts::{list_city_ids, run_token_command, run_user_command};
pub use args::{
    BuildTilesArgs, CheckArgs, CliArgs, CliCommand, DemoArgs, ImportArgs, ListenArgs, ServeArgs, TilesCommand,
    TokenArgs, UserArgs,
};
pub use check::{CheckReport, check_plan};
pub use console::{print_error, print_finding, print_json, print_line, print_output};
pub use copy_args::{BackupArgs, RestoreArgs};
pub use export_args::{ExportArgs, FormatArg};
pub use interrupt::on_interrupt;
pub use progress::TerminalProgress;
pub use remote_args::RemoteArgs;
pub use table_args::TableArgs;
