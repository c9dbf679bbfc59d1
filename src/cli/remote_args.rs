//! Flags of `import` for what is fetched from other servers.

use std::time::Duration;

/// What is fetched from other servers, and how much of it.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Addresses of the web")]
pub struct RemoteArgs {
    /// Licence of the data, and whom to name, when the server does not say it: 'CC BY 4.0, © City of Celje'
    #[arg(long, value_name = "TEXT", visible_alias = "license", value_parser = parse_licence)]
    pub licence: Option<String>,
    /// Most pages to fetch
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub max_pages: u64,
    /// Most features to fetch
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub max_features: u64,
    /// Most megabytes to fetch, unpacked
    #[arg(long, value_name = "MB", default_value_t = 2000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub max_bytes: u64,
    /// Most seconds to fetch
    #[arg(long, value_name = "SECONDS", default_value_t = 3600, value_parser = clap::value_parser!(u64).range(1..=604_800))]
    pub max_seconds: u64,
    /// Ask the server even if it is on this machine or on an inner network
    #[arg(long)]
    pub allow_private: bool,
}

impl RemoteArgs {
    /// The most bytes to fetch.
    #[must_use]
    pub fn max_total_bytes(&self) -> u64 {
        self.max_bytes * 1_000_000
    }

    /// The longest time to fetch.
    #[must_use]
    pub fn max_time(&self) -> Duration {
        Duration::from_secs(self.max_seconds)
    }
}

fn parse_licence(text: &str) -> Result<String, String> {
    let plain = text.trim();
    if plain.is_empty() || plain.chars().count() > 500 || plain.contains(['\0', '<', '>']) {
        return Err("Write the licence and whom to name in at most 500 characters, without < and >.".into());
    }
    Ok(plain.to_owned())
}
