//! Commands and their flags. Every flag can also be set in the environment.

use crate::collection::CollectionId;
use crate::config::StyleUrl;
use clap::builder::FalseyValueParser;
use clap::{Parser, Subcommand, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;

/// A map service with which cities plan their centres: one program, one file.
#[derive(Debug, Parser)]
#[command(
    name = "cityheart",
    version,
    arg_required_else_help = true,
    max_term_width = 100,
    after_help = "\
Examples:
  cityheart demo                                     the demo plan of ten partners, and the map
  cityheart import areas.geojson --into areas        put a file into the plan (plan.gpkg)
  cityheart serve plan.gpkg                          serve the plan

Exit codes: 0 done, 1 failed, 2 misused.
Flags can be set in the environment: CITYHEART_LISTEN, CITYHEART_PLAN and so on."
)]
pub struct CliArgs {
    #[command(subcommand)]
    pub command: CliCommand,
}

#[derive(Debug, Subcommand)]
pub enum CliCommand {
    Demo(DemoArgs),
    Serve(ServeArgs),
    Import(ImportArgs),
    Export(ExportArgs),
    #[command(subcommand)]
    Tiles(TilesCommand),
    Check(CheckArgs),
    Backup(BackupArgs),
    /// Who may sign in
    User(UserArgs),
    /// Tokens for tools that cannot sign in
    Token(TokenArgs),
}

/// Where to listen.
#[derive(Debug, Clone, clap::Args)]
pub struct ListenArgs {
    /// Address and port to listen on; port 0 takes any free one
    #[arg(long, value_name = "ADDR", env = "CITYHEART_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Serve the web app from this folder instead of the one inside the program
    #[arg(long, value_name = "DIR", env = "CITYHEART_WEB")]
    pub web: Option<PathBuf>,
    /// Lay another map under the plan: the address of its MapLibre style
    #[arg(long, value_name = "STYLE_URL", env = "CITYHEART_BASEMAP")]
    pub basemap: Option<StyleUrl>,
}

/// Serve the demo plan of ten partners from a temporary file
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cityheart demo                          then open http://127.0.0.1:8080
  cityheart demo --listen 127.0.0.1:0     on any free port; the address is printed
  cityheart demo --listen 0.0.0.0:8080    for others in the network, too")]
pub struct DemoArgs {
    #[command(flatten)]
    pub listen: ListenArgs,
}

/// Serve a plan: the map, OGC APIs, GeoJSON and vector tiles
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cityheart serve                                     plan.gpkg in this folder
  cityheart serve celje.gpkg --listen 0.0.0.0:8080
  cityheart serve celje.gpkg --public-url https://maps.example.org/celje --trust-proxy")]
pub struct ServeArgs {
    /// The plan, a GeoPackage file
    #[arg(value_name = "PLAN.gpkg", env = "CITYHEART_PLAN", default_value = "plan.gpkg")]
    pub plan: PathBuf,
    #[command(flatten)]
    pub listen: ListenArgs,
    /// The address that people use, when a proxy stands before this server
    #[arg(long, value_name = "URL", env = "CITYHEART_PUBLIC_URL")]
    pub public_url: Option<String>,
    /// Believe X-Forwarded-Proto, -Host, -Prefix and -For; only behind a proxy that sets them itself
    #[arg(long, env = "CITYHEART_TRUST_PROXY", value_parser = FalseyValueParser::new())]
    pub trust_proxy: bool,
    /// How many requests one client may make in a second, in the long run; 0 for any number
    #[arg(long, value_name = "N", env = "CITYHEART_REQUESTS_PER_SECOND", default_value_t = 100)]
    pub requests_per_second: u32,
    /// Megabytes of memory for finished tiles, and half as much for other finished answers; 0 makes each anew
    #[arg(long, value_name = "MB", env = "CITYHEART_TILE_CACHE", default_value_t = 128)]
    pub tile_cache: u64,
    /// The most kilobytes of a tile before it is packed; what matters least is left out of a larger one
    #[arg(long, value_name = "KB", env = "CITYHEART_TILE_BUDGET", default_value_t = 500)]
    pub tile_budget: usize,
    /// Do not write to the plan
    #[arg(long, env = "CITYHEART_READ_ONLY", value_parser = FalseyValueParser::new())]
    pub read_only: bool,
}

/// Put files into the plan: GeoJSON, GeoJSON text sequences, CSV, each also gzipped; OpenStreetMap extracts
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cityheart import areas.geojson --into areas
  cityheart import trees.csv.gz --into trees --id inventory_no --plan celje.gpkg
  cityheart import shops-*.geojson --into premises --replace --dry-run
  cityheart import city.osm.pbf --into streets       also buildings, green, water, shops, amenities

A file goes in as a whole or not at all: any fault refuses it, and each is told with its place and what to do.
With --lenient, features with faults are left out and counted. Coordinates are longitude and latitude (WGS 84);
tables have columns lon and lat (or x and y, longitude and latitude), or one column wkt. A feature's id is its id
in GeoJSON, else the property id, else a new one.")]
pub struct ImportArgs {
    /// The files; - reads the standard input
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// The collection they go into, made if it is not there
    #[arg(long, value_name = "COLLECTION", value_parser = parse_collection_id)]
    pub into: CollectionId,
    /// The plan, a GeoPackage file, made if it is not there
    #[arg(long, value_name = "PLAN.gpkg", env = "CITYHEART_PLAN", default_value = "plan.gpkg")]
    pub plan: PathBuf,
    /// What the files are, when looking does not tell
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<FormatArg>,
    /// The coordinate system of the files, such as EPSG:3794; without it, longitude and latitude
    #[arg(long, value_name = "CRS", env = "CITYHEART_CRS")]
    pub crs: Option<String>,
    /// The property that is the id
    #[arg(long, value_name = "PROPERTY")]
    pub id: Option<String>,
    /// Empty the collection first
    #[arg(long)]
    pub replace: bool,
    /// Only say what would happen
    #[arg(long)]
    pub dry_run: bool,
    /// Leave features with faults out instead of refusing the file
    #[arg(long)]
    pub lenient: bool,
    /// Write the report as JSON to the standard output
    #[arg(long)]
    pub json: bool,
}

/// Write a collection to a file: GeoJSON, GeoJSON text sequence, CSV, FlatGeobuf
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cityheart export interventions                          GeoJSON to the standard output
  cityheart export areas -o areas.geojson --plan celje.gpkg
  cityheart export premises -o premises.csv               for a spreadsheet
  cityheart export areas -o areas.fgb                     for QGIS")]
pub struct ExportArgs {
    #[arg(value_name = "COLLECTION", value_parser = parse_collection_id)]
    pub collection: CollectionId,
    /// The plan, a GeoPackage file
    #[arg(long, value_name = "PLAN.gpkg", env = "CITYHEART_PLAN", default_value = "plan.gpkg")]
    pub plan: PathBuf,
    /// What to write; else what the name of the file says, else geojson
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<FormatArg>,
    /// Where to write; else the standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Vector tiles as a file
#[derive(Debug, Subcommand)]
pub enum TilesCommand {
    Build(BuildTilesArgs),
}

/// Write the tiles of a plan to a PMTiles archive that any static host can serve
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cityheart tiles build -o plan.pmtiles                                  everything with a place
  cityheart tiles build -o areas.pmtiles --collections areas,areas_label  the areas and their names
  cityheart tiles build -o city.pmtiles --plan celje.gpkg --maxzoom 16

The tiles are those that the server answers to a visitor, packed with gzip. The archive is there when it is whole.")]
pub struct BuildTilesArgs {
    /// The archive; one that is there is replaced
    #[arg(short, long, value_name = "FILE.pmtiles")]
    pub output: PathBuf,
    /// The plan, a GeoPackage file
    #[arg(long, value_name = "PLAN.gpkg", env = "CITYHEART_PLAN", default_value = "plan.gpkg")]
    pub plan: PathBuf,
    /// The layers, separated by commas: collections, and with _label behind them the layers of their names
    #[arg(long, value_name = "A,B")]
    pub collections: Option<String>,
    /// The first zoom
    #[arg(long, value_name = "ZOOM", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=22))]
    pub minzoom: u8,
    /// The last zoom; maps enlarge its tiles beyond
    #[arg(long, value_name = "ZOOM", default_value_t = 14, value_parser = clap::value_parser!(u8).range(0..=22))]
    pub maxzoom: u8,
    /// The most kilobytes of a tile before it is packed
    #[arg(long, value_name = "KB", env = "CITYHEART_TILE_BUDGET", default_value_t = 500)]
    pub tile_budget: usize,
}

/// Look for faults in a plan: geometry, schema, dates, money, links, places
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cityheart check                     plan.gpkg in this folder
  cityheart check celje.gpkg --json   for another program
  cityheart check && cityheart serve  serve a plan only when it has no errors

Every finding says what to do. The exit code is 1 when there are errors; warnings alone leave it at 0.")]
pub struct CheckArgs {
    /// The plan, a GeoPackage file
    #[arg(value_name = "PLAN.gpkg", env = "CITYHEART_PLAN", default_value = "plan.gpkg")]
    pub plan: PathBuf,
    /// Write the findings as JSON to the standard output
    #[arg(long)]
    pub json: bool,
}

/// Copy a plan, even while it is served
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cityheart backup plan.gpkg copy.gpkg
  cityheart backup plan.gpkg \"plan-$(date +%F).gpkg\"
  cityheart backup /srv/plan.gpkg /mnt/backup/plan.gpkg")]
pub struct BackupArgs {
    #[arg(value_name = "PLAN.gpkg")]
    pub plan: PathBuf,
    /// The copy; there must be no file of this name
    #[arg(value_name = "COPY.gpkg")]
    pub copy: PathBuf,
}

/// Formats that are read and written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FormatArg {
    /// One document
    Geojson,
    /// A feature on each line
    Geojsonl,
    /// RFC 8142: a record separator before each feature
    Geojsonseq,
    Csv,
    /// For QGIS and GDAL; written only
    Flatgeobuf,
}

impl FormatArg {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Geojson => "geojson",
            Self::Geojsonl => "geojsonl",
            Self::Geojsonseq => "geojsonseq",
            Self::Csv => "csv",
            Self::Flatgeobuf => "flatgeobuf",
        }
    }
}

fn parse_collection_id(text: &str) -> Result<CollectionId, String> {
    CollectionId::new(text).map_err(|e| match e {
        crate::error::Error::Invalid(invalid) => invalid.message,
        other => other.to_string(),
    })
}

/// Who may sign in. Without any account, nobody can change the plan
#[derive(Debug, clap::Args)]
#[command(
    arg_required_else_help = true,
    after_help = "\
Examples:
  cityheart user add anna --role editor --city celje          her password is made and shown once
  cityheart user add bruno --role viewer --password-stdin     his is read from the standard input
  cityheart user list

A viewer sees what partners share, and what is internal to their cities. A contributor adds features in their cities
and changes their own; an editor changes everything there; an admin everything. Accounts are in plan.access.db beside
plan.gpkg, so that the plan can be handed on without them."
)]
pub struct UserArgs {
    #[command(subcommand)]
    pub command: UserCommand,
}

#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Let somebody sign in
    Add {
        #[command(flatten)]
        holder: PrincipalArgs,
        /// Their name, for people
        #[arg(long, value_name = "NAME", default_value = "")]
        name: String,
        #[command(flatten)]
        password: PasswordArgs,
    },
    /// Everybody who may sign in
    List {
        #[arg(long, value_name = "PLAN.gpkg", env = "CITYHEART_PLAN", default_value = "plan.gpkg")]
        plan: PathBuf,
    },
    /// End an account and its sessions
    Remove {
        login: String,
        #[arg(long, value_name = "PLAN.gpkg", env = "CITYHEART_PLAN", default_value = "plan.gpkg")]
        plan: PathBuf,
    },
    /// Give somebody a new password, and sign them out everywhere
    Password {
        login: String,
        #[arg(long, value_name = "PLAN.gpkg", env = "CITYHEART_PLAN", default_value = "plan.gpkg")]
        plan: PathBuf,
        #[command(flatten)]
        password: PasswordArgs,
    },
}

/// Tokens for tools that cannot sign in: QGIS, scripts
#[derive(Debug, clap::Args)]
#[command(
    arg_required_else_help = true,
    after_help = "\
Examples:
  cityheart token add qgis-anna --role editor --city celje    valid for 90 days; the token is shown once
  cityheart token list
  cityheart token revoke qgis-anna

The history shows the token's name for what was done with it. Send it as: Authorization: Bearer TOKEN"
)]
pub struct TokenArgs {
    #[command(subcommand)]
    pub command: TokenCommand,
}

#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make a token
    Add {
        #[command(flatten)]
        holder: PrincipalArgs,
        /// How many days it is valid
        #[arg(long, value_name = "DAYS", default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=3650))]
        days: u32,
    },
    /// All tokens by name, with the day they end
    List {
        #[arg(long, value_name = "PLAN.gpkg", env = "CITYHEART_PLAN", default_value = "plan.gpkg")]
        plan: PathBuf,
    },
    /// End a token
    Revoke {
        name: String,
        #[arg(long, value_name = "PLAN.gpkg", env = "CITYHEART_PLAN", default_value = "plan.gpkg")]
        plan: PathBuf,
    },
}

/// Somebody with an account, or something with a token.
#[derive(Debug, clap::Args)]
pub struct PrincipalArgs {
    /// Lower-case letters, digits and . _ @ -
    #[arg(value_name = "LOGIN")]
    pub login: String,
    #[arg(long, value_name = "ROLE")]
    pub role: RoleArg,
    /// The id of a city they belong to; once for each
    #[arg(long = "city", value_name = "CITY")]
    pub cities: Vec<String>,
    /// The plan, a GeoPackage file
    #[arg(long, value_name = "PLAN.gpkg", env = "CITYHEART_PLAN", default_value = "plan.gpkg")]
    pub plan: PathBuf,
}

#[derive(Debug, clap::Args)]
pub struct PasswordArgs {
    /// Read the password from the first line of the standard input instead of making one
    #[arg(long)]
    pub password_stdin: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum RoleArg {
    Viewer,
    Contributor,
    Editor,
    Admin,
}
