//! The flags of an import that changes features of the plan.

use crate::import::ConflictHandling;

/// Flags for features that are in the plan already.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Features that are in the plan already")]
pub struct UpdateArgs {
    /// Change features whose id or code the files name; tables do so anyway
    #[arg(long)]
    pub update: bool,
    /// What stays where the file and the plan changed the same value: ours is the plan's, theirs the file's [default:
    /// nothing is imported, and each is told]
    #[arg(long, value_name = "SIDE")]
    pub on_conflict: Option<ConflictSide>,
    /// Remove features that are no longer in the file
    #[arg(long)]
    pub remove_missing: bool,
}

/// Whose value stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ConflictSide {
    /// The plan's
    #[value(alias = "plan")]
    Ours,
    /// The file's
    #[value(alias = "file")]
    Theirs,
}

impl UpdateArgs {
    /// Whether the files change features, whatever their format.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.update || self.remove_missing
    }

    #[must_use]
    pub fn on_conflict(&self) -> ConflictHandling {
        match self.on_conflict {
            None => ConflictHandling::Refuse,
            Some(ConflictSide::Ours) => ConflictHandling::KeepPlan,
            Some(ConflictSide::Theirs) => ConflictHandling::TakeFile,
        }
    }
}
