//! The program: reads the command line and brings the doors together. Doors are strangers to each other; they meet here.

use cityheart::access::{self, Role, Viewer};
use cityheart::atlas::{Accounts, Atlas, Settings, Shelf, World};
use cityheart::cli::{self, Args, Bar, Command};
use cityheart::collection::{Collection, CollectionId};
use cityheart::config::{Config, PublicUrl};
use cityheart::crs::Crs;
use cityheart::error::{Error, Result};
use cityheart::feature::bbox_of;
use cityheart::import::{self, Cities, Ids, Import, Options, Progress, Source, Target};
use cityheart::plan::Model;
use cityheart::{export, http};
use clap::Parser;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Why the program ends without having done what it was asked.
enum Failure {
    /// Asked for what cannot be asked for.
    Misuse(Error),
    Failed(Error),
    /// Everything has been said.
    Told,
}

impl From<Error> for Failure {
    fn from(e: Error) -> Self {
        Self::Failed(e)
    }
}

type Done = std::result::Result<(), Failure>;

fn main() -> ExitCode {
    let done = match Args::parse().command {
        Command::Demo(args) => demo(&args),
        Command::Serve(args) => serve(&args),
        Command::Import(args) => import(&args),
        Command::Export(args) => export(&args),
        Command::Tiles(cli::Tiles::Build(args)) => build_tiles(&args),
        Command::Check(args) => check(&args),
        Command::Backup(args) => backup(&args),
        Command::User(args) => account(cli::users(&args.action)),
        Command::Token(args) => account(cli::tokens(&args.action)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Told) => ExitCode::FAILURE,
        Err(Failure::Failed(e)) => {
            cli::error(&e);
            ExitCode::FAILURE
        }
        Err(Failure::Misuse(e)) => {
            cli::error(&e);
            ExitCode::from(2)
        }
    }
}

fn demo(args: &cli::Demo) -> Done {
    log();
    let folder = tempfile::tempdir().map_err(Error::internal)?;
    let model = Model::load()?;
    let plan = folder.path().join("demo.gpkg");
    let shelf = Shelf::open_or_create(&plan)?;
    fill_demo(&shelf, &model)?;
    let cities = cli::cities(&plan)?;
    let editor = Viewer::new("demo", "Demo", Role::Editor, cities.iter().map(String::as_str));
    let password = access::fresh_password()?;
    Accounts::beside(&plan)?.add_user(&editor, &password)?;
    cli::output(&format!("Sign in: demo / {password}"));
    serve_on(&plan, shelf, model, config(&args.listen), Settings::default())
}

/// What was given and cannot be is a misuse.
fn account(done: Result<()>) -> Done {
    done.map_err(|e| if matches!(e, Error::Invalid(_)) { Failure::Misuse(e) } else { Failure::Failed(e) })
}

/// Puts the demo plan into an empty one, the way that any file goes in.
fn fill_demo(shelf: &Shelf, model: &Model) -> Result<()> {
    for (id, source) in import::demo()? {
        let options = Options::default();
        let target = Target { model, cities: cities(Some(shelf), &id)?, id, present: None, ids: Ids::default() };
        let sources = [source];
        let import = Import::prepare(&sources, target, &options, Arc::default())?;
        import.run(|collection, features| shelf.load(collection, false, features)).1?;
    }
    Ok(())
}

fn serve(args: &cli::Serve) -> Done {
    log();
    let public_url = args.public_url.as_deref().map(str::parse::<PublicUrl>).transpose().map_err(Failure::Misuse)?;
    let mut config =
        Config { public_url, trust_proxy: args.trust_proxy, read_only: args.read_only, ..config(&args.listen) };
    config.limits.requests_per_second = Some(f64::from(args.requests_per_second)).filter(|n| *n > 0.0);
    config.limits.kept_bytes = args.tile_cache << 19;
    let shelf = if args.read_only { Shelf::open_read_only(&args.plan)? } else { Shelf::open(&args.plan)? };
    let settings = Settings {
        tile_cache_bytes: args.tile_cache << 20,
        tile_budget_bytes: args.tile_budget * 1000,
        ..Settings::default()
    };
    serve_on(&args.plan, shelf, Model::load()?, config, settings)
}

fn config(listen: &cli::Listen) -> Config {
    Config { listen: listen.listen, web: listen.web.clone(), basemap: listen.basemap.clone(), ..Config::default() }
}

/// Takes the address, opens the plan, says where it is, and answers until told to stop.
fn serve_on(plan: &Path, shelf: Shelf, model: Model, config: Config, settings: Settings) -> Done {
    let runtime = tokio::runtime::Runtime::new().map_err(Error::internal)?;
    let web = config.web.clone();
    let settings = Settings { accounts: Some(plan.to_owned()), ..settings };
    runtime.block_on(async {
        let server = http::bind(config).await?;
        let atlas = Atlas::open(shelf, model, World::load(web.as_deref())?, &settings)?;
        cli::output(&format!("cityheart is at http://{} (Ctrl-C ends it)", server.address()));
        if atlas.accounts().map_or(Ok(true), Accounts::is_empty)? {
            cli::line("Nobody can change this plan yet. Make an account: cityheart user add --help");
        }
        Ok(server.run(atlas).await?)
    })
}

/// The log goes to stderr; `CITYHEART_LOG` says how much of it.
fn log() {
    let filter =
        tracing_subscriber::EnvFilter::try_from_env("CITYHEART_LOG").unwrap_or_else(|_| "warn,cityheart=info".into());
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colour).with_writer(std::io::stderr).init();
}

fn import(args: &cli::Import) -> Done {
    let crs = import::crs(args.crs.as_deref()).map_err(Failure::Misuse)?;
    let format = args.format.map(|f| import::Format::from_name(f.name())).transpose()?;
    let open =
        |path: &PathBuf| if path.as_os_str() == "-" { Source::stdin(format) } else { Source::open(path, format) };
    let progress = Arc::new(Progress::default());
    let stopped = progress.clone();
    cli::on_interrupt(move || stopped.stop())?;
    let ready = |path: &PathBuf| open(path)?.chosen(&args.into, &progress);
    let sources = args.files.iter().map(ready).collect::<Result<Vec<_>>>()?;
    let there = args.plan.exists();
    let done = import_into(args, &sources, crs, there, progress);
    if done.is_err() && !there && !args.dry_run {
        discard(&args.plan);
    }
    done
}

fn import_into(args: &cli::Import, sources: &[Source], crs: Option<Crs>, there: bool, progress: Arc<Progress>) -> Done {
    let started = Instant::now();
    let watched = progress.clone();
    let model = Model::load()?;
    let shelf = match (there, args.dry_run) {
        (true, true) => Some(Shelf::open_read_only(&args.plan)?),
        (false, true) => None,
        (_, false) => Some(Shelf::open_or_create(&args.plan)?),
    };
    if let Some(shelf) = &shelf {
        shelf.grow(&model)?;
    }
    // Every extract has outlines that cross themselves or are cut off at its edge: they are left out, told and counted.
    let chosen = sources.iter().any(|s| s.collection.is_some());
    let options = Options { id: args.id.clone(), lenient: args.lenient || chosen, crs };
    let target = target(shelf.as_ref(), &model, args)?;
    let passes = if target.is_new() && !chosen { 2 } else { 1 };
    let bar = Bar::start(passes * sources.iter().map(Source::len).sum::<u64>(), move || {
        (watched.bytes(), watched.features())
    });
    let import = Import::prepare(sources, target, &options, progress)?;
    let (mut report, result) = import.run(|collection, features| match &shelf {
        Some(shelf) if !args.dry_run => {
            shelf.load(collection, args.replace, features).map(|loaded| Some(loaded.features))
        }
        _ => {
            for feature in features {
                feature?;
            }
            Ok(None)
        }
    });
    drop(bar);
    report.seconds = started.elapsed().as_secs_f64();
    report.dry_run = args.dry_run;
    report.loaded = result.as_ref().ok().copied().flatten();
    let told = result.is_ok() || report.findings.errors > 0;
    if told {
        report.lines().iter().for_each(|l| cli::hint(l));
    }
    if args.json {
        cli::json(&report.to_json());
    }
    result.map(drop).map_err(|e| if told { Failure::Told } else { e.into() })
}

/// What the plan has to do with an import: the collection as it is, its ids unless they go, and the places of the cities.
fn target<'a>(shelf: Option<&Shelf>, model: &'a Model, args: &cli::Import) -> Result<Target<'a>> {
    let mut ids = Ids::default();
    let mut present = None;
    if let Some(shelf) = shelf.filter(|_| !args.replace) {
        present = shelf.collections()?.into_iter().find(|c| c.id == args.into);
        if present.is_some() {
            shelf.scan(&args.into, &mut |feature| {
                ids.keep(feature.id.as_str());
                Ok(())
            })?;
        }
    }
    Ok(Target { model, cities: cities(shelf, &args.into)?, id: args.into.clone(), present, ids })
}

/// The places of the plan's cities, unless these are what comes in.
fn cities(shelf: Option<&Shelf>, into: &CollectionId) -> Result<Cities> {
    let id = CollectionId::new("cities")?;
    let mut lonlat = vec![];
    if let Some(shelf) = shelf.filter(|_| *into != id)
        && shelf.collections()?.iter().any(|c| c.id == id)
    {
        shelf.scan(&id, &mut |city| {
            lonlat.extend(
                city.geometry
                    .as_ref()
                    .and_then(bbox_of)
                    .map(|b| (f64::midpoint(b.west, b.east), f64::midpoint(b.south, b.north))),
            );
            Ok(())
        })?;
    }
    Ok(Cities::new(lonlat))
}

/// Removes a plan that was made for an import that then failed.
fn discard(plan: &Path) {
    for ending in ["", "-wal", "-shm", "-journal"] {
        let mut path = plan.as_os_str().to_owned();
        path.push(ending);
        let _ = std::fs::remove_file(path);
    }
}

fn export(args: &cli::Export) -> Done {
    let shelf = Shelf::open_read_only(&args.plan)?;
    let collections = shelf.collections()?;
    let Some(collection) = collections.iter().find(|c| c.id == args.collection) else {
        let known: Vec<_> = collections.iter().map(|c| c.id.as_str()).collect();
        let message = format!(
            "There is no collection '{}' in {}. It has: {}.",
            args.collection,
            args.plan.display(),
            known.join(", ")
        );
        return Err(Error::NotFound(message).into());
    };
    let named = args.format.map(|f| export::Format::from_name(f.name())).transpose()?;
    let format = named.or_else(|| export::Format::of_path(args.output.as_deref()?)).unwrap_or(export::Format::GeoJson);
    match args.output.as_deref().filter(|path| path.as_os_str() != "-") {
        Some(path) => {
            let (count, file) = write(&shelf, collection, format, export::NewFile::create(path)?)?;
            file.keep()?;
            cli::line(&format!("{count} features of '{}' are in {}.", collection.id, path.display()));
        }
        None => drop(write(&shelf, collection, format, std::io::BufWriter::new(std::io::stdout().lock()))?),
    }
    Ok(())
}

fn write<W: Write>(shelf: &Shelf, collection: &Collection, format: export::Format, out: W) -> Result<(u64, W)> {
    let mut writer = export::Writer::new(out, collection, format)?;
    shelf.scan(&collection.id, &mut |feature| writer.feature(&feature))?;
    writer.finish()
}

fn build_tiles(args: &cli::BuildTiles) -> Done {
    let started = Instant::now();
    if args.minzoom > args.maxzoom {
        let sentence = format!("It is larger than --maxzoom ({}). Swap them.", args.maxzoom);
        return Err(Failure::Misuse(Error::invalid("--minzoom", sentence)));
    }
    let file = export::NewFile::create(&args.output)?;
    let settings = Settings { tile_cache_bytes: 0, tile_budget_bytes: args.tile_budget * 1000, ..Settings::default() };
    let atlas = Atlas::open(Shelf::open_read_only(&args.plan)?, Model::load()?, World::default(), &settings)?;
    // What is put on a static host is for everybody.
    let plan = atlas.seen_by(&Viewer::visitor());
    let layers = match &args.collections {
        Some(list) => plan.layers(list).map_err(Failure::Misuse)?,
        None => plan.layers(&plan.placed().join(","))?,
    };
    let zooms = args.minzoom..=args.maxzoom;
    let building = Arc::new(export::pmtiles::Building::default());
    let (watched, stopped) = (building.clone(), building.clone());
    cli::on_interrupt(move || stopped.stop())?;
    let total = layers.reached(zooms.clone()).len() as u64;
    let bar = Bar::tiles(total, move || (watched.tiles(), watched.bytes()));
    let built = export::pmtiles::build(&plan, &layers, zooms, file, &building);
    drop(bar);
    let (count, file) = built?;
    file.keep()?;
    let (megabytes, seconds) = (building.bytes() as f64 / 1e6, started.elapsed().as_secs_f64());
    cli::line(&format!("{count} tiles ({megabytes:.1} MB) are in {} ({seconds:.1} s).", args.output.display()));
    Ok(())
}

fn check(args: &cli::Check) -> Done {
    let checked = cli::check(&Shelf::open_read_only(&args.plan)?, &Model::load()?)?;
    checked.lines().iter().for_each(|l| cli::hint(l));
    if args.json {
        cli::json(&checked.to_json());
    }
    if checked.errors > 0 { Err(Failure::Told) } else { Ok(()) }
}

fn backup(args: &cli::Backup) -> Done {
    Shelf::open_read_only(&args.plan)?.backup(&args.copy)?;
    cli::line(&format!("{} is a copy of {}.", args.copy.display(), args.plan.display()));
    Ok(())
}
