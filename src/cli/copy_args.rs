//! The flags of the commands that write and restore copies of a plan.

use std::path::PathBuf;

/// Back up a plan, even while it is served
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cityheart backup plan.gpkg copy.gpkg
  cityheart backup plan.gpkg \"plan-$(date +%F).gpkg\"
  cityheart backup /srv/plan.gpkg /mnt/backup/plan.gpkg

Accounts are in plan.access.db beside plan.gpkg: copy that file, too. To restore the copy, stop the server, and run
cityheart restore COPY.gpkg PLAN.gpkg. Do not copy over a plan by hand: its write-ahead log would stay.")]
pub struct BackupArgs {
    /// The plan, a GeoPackage file
    #[arg(value_name = "PLAN.gpkg")]
    pub plan: PathBuf,
    /// File to write the copy to; it must not exist
    #[arg(value_name = "COPY.gpkg")]
    pub copy: PathBuf,
}

/// Put a copy in the place of a plan
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cityheart restore copy.gpkg plan.gpkg
  cityheart restore /mnt/backup/plan.gpkg /srv/plan.gpkg
  cityheart restore copy.gpkg plan.gpkg --verify        check the copy, and change nothing

Every page of the copy is checked first. The former plan is kept beside it as plan.gpkg.aside-TIME, with its
write-ahead log if it has one. Accounts stay as they are. A plan that a server or QGIS has open is not replaced.")]
pub struct RestoreArgs {
    /// The copy, as `cityheart backup` writes it
    #[arg(value_name = "COPY.gpkg")]
    pub copy: PathBuf,
    /// The plan to replace; it need not exist
    #[arg(value_name = "PLAN.gpkg")]
    pub plan: PathBuf,
    /// Check the copy, and change nothing
    #[arg(long)]
    pub verify: bool,
}
