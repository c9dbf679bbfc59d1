//! Commands and their flags. Many flags can also be set in the environment.

use super::collection_arg::parse_collection_id;
use super::copy_args::{BackupArgs, RestoreArgs};
use super::export_args::ExportArgs;
use super::remote_args::RemoteArgs;
use super::table_args::TableArgs;
use super::update_args::UpdateArgs;
use crate::collection::CollectionId;
use crate::config::{FrameAncestors, SiteOrigin, StyleUrl};
use clap::builder::FalseyValueParser;
use clap::{Parser, Subcommand, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;

/// A map service for planning city centres: one program, one plan file
#[derive(Debug, Parser)]
#[command(
    name = "cityheart",
    version,
    arg_required_else_help = true,
    max_term_width = 100,
    after_help = "\
Examples:
  cityheart demo                                     the demo plan of ten partners, and the map
  cityheart import areas.geojson --into areas        import a file into the plan (plan.gpkg)
  cityheart serve plan.gpkg                          serve the plan

Exit codes: 0 success, 1 failure, 2 wrong arguments.
Where a command's help names a variable, such as CITYHEART_LISTEN, it sets the flag."
)]
pub struct CliArgs {
    #[command(subcommand)]
    pub command: CliCommand,
}

#[derive(Debug, Subcommand)]
pub enum CliCommand {
    Demo(DemoArgs),
    Serve(ServeArgs),
    Import(Box<ImportArgs>),
    Export(ExportArgs),
    #[command(subcommand)]
    Tiles(TilesCommand),
    Check(CheckArgs),
    Backup(BackupArgs),
    Restore(RestoreArgs),
    /// Manage the accounts of users
    User(UserArgs),
    /// Manage access tokens for tools
    Token(TokenArgs),
}

/// Flags of the commands that serve a plan.
#[derive(Debug, Clone, clap::Args)]
pub struct ListenArgs {
    /// Address and port to listen on; port 0 picks a free port
    #[arg(long, value_name = "ADDR", env = "CITYHEART_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Serve the web app from this directory instead of the one in the program
    #[arg(long, value_name = "DIR", env = "CITYHEART_WEB")]
    pub web: Option<PathBuf>,
    /// URL of a MapLibre style to use as the base map
    #[arg(long, value_name = "STYLE_URL", env = "CITYHEART_BASEMAP")]
    pub basemap: Option<StyleUrl>,
    /// Other sites that this style loads tiles, fonts and symbols from, such as https://tiles.example.org
    #[arg(long, value_name = "ORIGIN,…", env = "CITYHEART_BASEMAP_ORIGINS", value_delimiter = ',')]
    pub basemap_origins: Vec<SiteOrigin>,
    /// Sites that may show the map in a frame: none, self, any, or origins such as https://www.example.org
    #[arg(long, value_name = "ORIGIN,…", env = "CITYHEART_FRAME_ANCESTORS", default_value = "self")]
    pub frame_ancestors: FrameAncestors,
}

/// Serve the demo plan of ten partners from a temporary file
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cityheart demo                          then open http://127.0.0.1:8080
  cityheart demo --listen 127.0.0.1:0     on a free port; the address is printed
  cityheart demo --listen 0.0.0.0:8080    reachable from the network")]
pub struct DemoArgs {
    #[command(flatten)]
    pub listen: ListenArgs,
}

/// Serve a plan: web map, OGC APIs, GeoJSON and vector tiles
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cityheart serve                                     plan.gpkg in this directory
  cityheart serve celje.gpkg --listen 0.0.0.0:8080
  cityheart serve celje.gpkg --public-url https://maps.example.org/celje --trust-proxy")]
pub struct ServeArgs {
    /// The plan, a GeoPackage file
    #[arg(value_name = "PLAN.gpkg", env = "CITYHEART_PLAN", default_value = "plan.gpkg")]
    pub plan: PathBuf,
    #[command(flatten)]
    pub listen: ListenArgs,
    /// The URL that users open, when the server runs behind a proxy
    #[arg(long, value_name = "URL", env = "CITYHEART_PUBLIC_URL")]
    pub public_url: Option<String>,
    /// Trust X-Forwarded-Proto, -Host, -Prefix and -For; use it only behind a proxy that sets them
    #[arg(long, env = "CITYHEART_TRUST_PROXY", value_parser = FalseyValueParser::new())]
    pub trust_proxy: bool,
    /// Requests per second that one client may make on average; 0 for no limit
    #[arg(long, value_name = "N", env = "CITYHEART_REQUESTS_PER_SECOND", default_value_t = 100)]
    pub requests_per_second: u32,
    /// Size of the tile cache in megabytes; the cache of other responses has half of it; 0 disables both
    #[arg(long, value_name = "MB", env = "CITYHEART_TILE_CACHE", default_value_t = 128)]
    pub tile_cache: u64,
    /// Maximum size of a tile in kilobytes, uncompressed; a larger one leaves out its least important features
    #[arg(long, value_name = "KB", env = "CITYHEART_TILE_BUDGET", default_value_t = 500)]
    pub tile_budget: usize,
    /// Maximum size in megabytes of a file that an editor brings in
    #[arg(long, value_name = "MB", env = "CITYHEART_IMPORT_SIZE", default_value_t = 100)]
    pub import_size: u64,
    /// Keep the versions of features for so many days, and always the first and the last of each [default: all]
    #[arg(long, value_name = "DAYS", env = "CITYHEART_HISTORY_DAYS")]
    pub history_days: Option<u32>,
    /// Keep so many versions of each feature, beside the first [default: all]
    #[arg(long, value_name = "N", env = "CITYHEART_HISTORY_VERSIONS", value_parser = clap::value_parser!(u32).range(1..))]
    pub history_versions: Option<u32>,
    /// Do not write to the plan
    #[arg(long, env = "CITYHEART_READ_ONLY", value_parser = FalseyValueParser::new())]
    pub read_only: bool,
}

/// Import files into a plan: GeoJSON, CSV, workbooks, shapefiles, GeoPackage, KML, GPX, FlatGeobuf, GML, DXF,
/// OpenStreetMap extracts (also zipped or gzipped)
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cityheart import areas.geojson --into areas
  cityheart import trees.csv.gz --into trees --id inventory_no --plan celje.gpkg
  cityheart import shops-*.geojson --into premises --replace --dry-run
  cityheart import actions.xlsx --into interventions --dry-run    what is understood, and what is asked
  cityheart import city.osm.pbf --into streets       also buildings, green, water, shops, amenities
  cityheart import ulice.zip --into streets          a zipped shapefile, in the grid that its .prj names
  cityheart import city.gpkg --layer zones --into zones
  cityheart import https://example.org/collections/trees --into trees
  cityheart import 'https://example.org/wfs?service=WFS' --layer city:parks --into parks --licence 'CC BY 4.0, © City'

An import stores all features or none. If a feature has a fault, nothing is imported, and the report lists every
fault with its place and how to correct it. With --lenient, features with faults are left out and counted.
Coordinates are longitude and latitude (WGS 84) unless the file or --crs names another reference system. A table has the
columns lon and lat (or x and y, or longitude and latitude), or one column wkt; columns that may hold a place are
named in a warning. The id of a feature is its GeoJSON id, or else its property id, or else a new one.
A row of a table whose id or code is that of a feature of the plan changes this feature, in what its cells say.")]
pub struct ImportArgs {
    /// Files to import; - reads standard input; or addresses: a file, or a layer of OGC API Features or of a WFS
    #[arg(value_name = "FILE|URL", required = true)]
    pub files: Vec<PathBuf>,
    /// Collection to import into; it is created if it does not exist
    #[arg(long, value_name = "COLLECTION", value_parser = parse_collection_id)]
    pub into: CollectionId,
    /// The plan, a GeoPackage file; it is created if it does not exist
    #[arg(long, value_name = "PLAN.gpkg", env = "CITYHEART_PLAN", default_value = "plan.gpkg")]
    pub plan: PathBuf,
    /// Format of the files, if it cannot be detected
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<ImportFormatArg>,
    /// Layer to read, when a file or archive has several
    #[arg(long, value_name = "NAME")]
    pub layer: Option<String>,
    /// Coordinate reference system of the files, such as EPSG:3794; none keeps coordinates of tables as numbers
    /// [default: the one that they state, or longitude and latitude]
    #[arg(long, value_name = "CRS", env = "CITYHEART_CRS")]
    pub crs: Option<String>,
    /// Property to use as the id
    #[arg(long, value_name = "PROPERTY")]
    pub id: Option<String>,
    /// Replace all features of the collection
    #[arg(long, conflicts_with_all = ["update", "on_conflict", "remove_missing"])]
    pub replace: bool,
    #[command(flatten)]
    pub update: UpdateArgs,
    /// Report what would be imported, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Leave out features with faults, and import the others
    #[arg(long)]
    pub lenient: bool,
    /// Write the report as JSON to standard output
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub table: TableArgs,
    #[command(flatten)]
    pub remote: RemoteArgs,
}

/// Write vector tiles to a file
#[derive(Debug, Subcommand)]
pub enum TilesCommand {
    Build(BuildTilesArgs),
}

/// Write the tiles of a plan to a PMTiles archive for a static host
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cityheart tiles build -o plan.pmtiles                                  every collection with geometry
  cityheart tiles build -o areas.pmtiles --collections areas,areas_label  the areas and their labels
  cityheart tiles build -o city.pmtiles --plan celje.gpkg --maxzoom 16

The archive holds the tiles that the server sends to a visitor who is not signed in, compressed with gzip. The file
appears when it is complete.")]
pub struct BuildTilesArgs {
    /// Archive to write; an existing one is replaced
    #[arg(short, long, value_name = "FILE.pmtiles")]
    pub output: PathBuf,
    /// The plan, a GeoPackage file
    #[arg(long, value_name = "PLAN.gpkg", env = "CITYHEART_PLAN", default_value = "plan.gpkg")]
    pub plan: PathBuf,
    /// Layers, separated by commas: collections, or collections with the suffix _label for their labels
    #[arg(long, value_name = "A,B")]
    pub collections: Option<String>,
    /// Lowest zoom level
    #[arg(long, value_name = "ZOOM", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=22))]
    pub minzoom: u8,
    /// Highest zoom level; maps enlarge its tiles at higher ones
    #[arg(long, value_name = "ZOOM", default_value_t = 14, value_parser = clap::value_parser!(u8).range(0..=22))]
    pub maxzoom: u8,
    /// Maximum size of a tile in kilobytes, uncompressed
    #[arg(long, value_name = "KB", env = "CITYHEART_TILE_BUDGET", default_value_t = 500)]
    pub tile_budget: usize,
}

/// Check a plan: geometry, schema, dates, money, links, places
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cityheart check                     plan.gpkg in this directory
  cityheart check celje.gpkg --json   for another program
  cityheart check && cityheart serve  serve a plan only when it has no errors

Every finding says how to correct it. The exit code is 1 if there are errors, and 0 if there are only warnings.")]
pub struct CheckArgs {
    /// The plan, a GeoPackage file
    #[arg(value_name = "PLAN.gpkg", env = "CITYHEART_PLAN", default_value = "plan.gpkg")]
    pub plan: PathBuf,
    /// Write the findings as JSON to standard output
    #[arg(long)]
    pub json: bool,
}

/// A format to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ImportFormatArg {
    /// One GeoJSON document
    Geojson,
    /// One feature on each line
    Geojsonl,
    /// RFC 8142: a record separator before each feature
    Geojsonseq,
    /// A table with a header line
    Csv,
    /// A workbook of Excel
    Xlsx,
    /// An old workbook of Excel
    Xls,
    /// A workbook of LibreOffice
    Ods,
    /// An OpenStreetMap extract
    Osmpbf,
    /// A .shp with the files beside it
    Shapefile,
    /// A layer of a GeoPackage
    Gpkg,
    /// KML or KMZ
    Kml,
    #[value(alias = "fgb")]
    Flatgeobuf,
    #[value(alias = "parquet")]
    Geoparquet,
    /// Waypoints, routes and tracks
    Gpx,
    /// GML, as WFS and OGC API Features answer
    Gml,
    /// A drawing as text
    Dxf,
}

impl ImportFormatArg {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Geojson => "geojson",
            Self::Geojsonl => "geojsonl",
            Self::Geojsonseq => "geojsonseq",
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Xls => "xls",
            Self::Ods => "ods",
            Self::Osmpbf => "osmpbf",
            Self::Shapefile => "shapefile",
            Self::Gpkg => "gpkg",
            Self::Kml => "kml",
            Self::Flatgeobuf => "flatgeobuf",
            Self::Geoparquet => "geoparquet",
            Self::Gpx => "gpx",
            Self::Gml => "gml",
            Self::Dxf => "dxf",
        }
    }
}

/// Manage the accounts of users. Without an account, nobody can change the plan
#[derive(Debug, clap::Args)]
#[command(
    arg_required_else_help = true,
    after_help = "\
Examples:
  cityheart user add anna --role editor --city celje          creates a password and shows it once
  cityheart user add bruno --role viewer --password-stdin     reads the password from standard input
  cityheart user list

A viewer sees what is shared among partners and what is internal to their own cities. A contributor also adds
features in their cities and changes those. An editor changes all features in their cities, an admin all features.
Accounts are stored in plan.access.db beside plan.gpkg, so that you can pass on the plan without them."
)]
pub struct UserArgs {
    #[command(subcommand)]
    pub command: UserCommand,
}

#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Add an account
    Add {
        #[command(flatten)]
        holder: PrincipalArgs,
        /// Full name to display
        #[arg(long, value_name = "NAME", default_value = "")]
        name: String,
        #[command(flatten)]
        password: PasswordArgs,
    },
    /// List all accounts
    List {
        #[arg(long, value_name = "PLAN.gpkg", env = "CITYHEART_PLAN", default_value = "plan.gpkg")]
        plan: PathBuf,
    },
    /// Remove an account and end its sessions
    Remove {
        login: String,
        #[arg(long, value_name = "PLAN.gpkg", env = "CITYHEART_PLAN", default_value = "plan.gpkg")]
        plan: PathBuf,
    },
    /// Set a new password and end all sessions of the account
    Password {
        login: String,
        #[arg(long, value_name = "PLAN.gpkg", env = "CITYHEART_PLAN", default_value = "plan.gpkg")]
        plan: PathBuf,
        #[command(flatten)]
        password: PasswordArgs,
    },
}

/// Manage access tokens for tools such as QGIS or scripts
#[derive(Debug, clap::Args)]
#[command(
    arg_required_else_help = true,
    after_help = "\
Examples:
  cityheart token add qgis-anna --role editor --city celje    valid for 90 days; the token is shown once
  cityheart token list
  cityheart token revoke qgis-anna

Send the token as: Authorization: Bearer TOKEN. The history shows its name beside the changes made with it."
)]
pub struct TokenArgs {
    #[command(subcommand)]
    pub command: TokenCommand,
}

#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Create a token
    Add {
        #[command(flatten)]
        holder: PrincipalArgs,
        /// Days until it expires
        #[arg(long, value_name = "DAYS", default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=3650))]
        days: u32,
    },
    /// List all tokens with their expiry dates
    List {
        #[arg(long, value_name = "PLAN.gpkg", env = "CITYHEART_PLAN", default_value = "plan.gpkg")]
        plan: PathBuf,
    },
    /// Revoke a token
    Revoke {
        name: String,
        #[arg(long, value_name = "PLAN.gpkg", env = "CITYHEART_PLAN", default_value = "plan.gpkg")]
        plan: PathBuf,
    },
}

/// The holder of an account or a token.
#[derive(Debug, clap::Args)]
pub struct PrincipalArgs {
    /// Login of the user or name of the token: lower-case letters, digits and . _ @ -
    #[arg(value_name = "LOGIN")]
    pub login: String,
    /// What the holder may see and change
    #[arg(long, value_name = "ROLE")]
    pub role: RoleArg,
    /// Id of a city that the holder belongs to; repeat it for each city
    #[arg(long = "city", value_name = "CITY")]
    pub cities: Vec<String>,
    /// The plan, a GeoPackage file
    #[arg(long, value_name = "PLAN.gpkg", env = "CITYHEART_PLAN", default_value = "plan.gpkg")]
    pub plan: PathBuf,
}

#[derive(Debug, clap::Args)]
pub struct PasswordArgs {
    /// Read the password from the first line of standard input instead of creating one
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
