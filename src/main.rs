//! The program: reads the command line, calls the modules that do the work, prints what they return.

use cityheart::access::{self, AccessRole, Viewer};
use cityheart::atlas::{AccountService, Atlas, AtlasSettings, BaseMap, PlanFile};
use cityheart::change::HistoryRetention;
use cityheart::cli::{self, CliArgs, CliCommand, TerminalProgress};
use cityheart::collection::Collection;
use cityheart::config::{Config, PublicUrl};
use cityheart::crs::Crs;
use cityheart::error::count_noun;
use cityheart::error::{Error, Result};
use cityheart::import::{self, ImportOptions, ImportProgress, ImportSource, PlanImport, PlanImportRequest};
use cityheart::plan::PlanModel;
use cityheart::{export, http};
use clap::Parser;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Why a command did not succeed.
enum CommandFailure {
    /// The command line is wrong.
    Misuse(Error),
    Failed(Error),
    /// The reason has been printed.
    Reported,
}

impl From<Error> for CommandFailure {
    fn from(e: Error) -> Self {
        Self::Failed(e)
    }
}

type CommandResult = std::result::Result<(), CommandFailure>;

fn main() -> ExitCode {
    let done = match CliArgs::parse().command {
        CliCommand::Demo(args) => run_demo(&args),
        CliCommand::Serve(args) => serve_plan(&args),
        CliCommand::Import(args) => import_files(&args),
        CliCommand::Export(args) => export_collection(&args),
        CliCommand::Tiles(cli::TilesCommand::Build(args)) => build_tiles(&args),
        CliCommand::Check(args) => check_plan(&args),
        CliCommand::Backup(args) => back_up_plan(&args),
        CliCommand::Restore(args) => mark_misuse(restore_plan(&args)),
        CliCommand::User(args) => mark_misuse(cli::run_user_command(&args.command)),
        CliCommand::Token(args) => mark_misuse(cli::run_token_command(&args.command)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(CommandFailure::Reported) => ExitCode::FAILURE,
        Err(CommandFailure::Failed(e)) => {
            cli::print_error(&e);
            ExitCode::FAILURE
        }
        Err(CommandFailure::Misuse(e)) => {
            cli::print_error(&e);
            ExitCode::from(2)
        }
    }
}

fn run_demo(args: &cli::DemoArgs) -> CommandResult {
    init_logging();
    let folder = tempfile::tempdir().map_err(Error::internal)?;
    let model = PlanModel::load()?;
    let plan = folder.path().join("demo.gpkg");
    let plan_file = PlanFile::open_or_create(&plan)?;
    import::fill_demo_plan(&plan_file, &model)?;
    let cities = cli::list_city_ids(&plan)?;
    let editor = Viewer::new("demo", "Demo", AccessRole::Editor, cities.iter().map(String::as_str));
    let password = access::generate_password()?;
    AccountService::beside_plan(&plan)?.add_user(&editor, &password)?;
    cli::print_output(&format!("Sign in: demo / {password}"));
    run_server(
        &plan,
        plan_file,
        model,
        server_config(&args.listen),
        AtlasSettings::default(),
        HistoryRetention::default(),
    )
}

/// Counts invalid arguments as misuse.
fn mark_misuse(done: Result<()>) -> CommandResult {
    done.map_err(|e| if matches!(e, Error::Invalid(_)) { CommandFailure::Misuse(e) } else { CommandFailure::Failed(e) })
}

fn serve_plan(args: &cli::ServeArgs) -> CommandResult {
    init_logging();
    let public_url =
        args.public_url.as_deref().map(str::parse::<PublicUrl>).transpose().map_err(CommandFailure::Misuse)?;
    let mut config =
        Config { public_url, trust_proxy: args.trust_proxy, read_only: args.read_only, ..server_config(&args.listen) };
    config.limits.requests_per_second = Some(f64::from(args.requests_per_second)).filter(|n| *n > 0.0);
    config.limits.response_cache_bytes = args.tile_cache << 19;
    let plan_file = if args.read_only { PlanFile::open_read_only(&args.plan)? } else { PlanFile::open(&args.plan)? };
    let settings = AtlasSettings {
        tile_cache_bytes: args.tile_cache << 20,
        tile_budget_bytes: args.tile_budget * 1000,
        ..AtlasSettings::default()
    };
    let keep = HistoryRetention { days: args.history_days, versions: args.history_versions };
    run_server(&args.plan, plan_file, PlanModel::load()?, config, settings, keep)
}

fn server_config(listen: &cli::ListenArgs) -> Config {
    Config {
        listen: listen.listen,
        web: listen.web.clone(),
        basemap: listen.basemap.clone(),
        basemap_origins: listen.basemap_origins.clone(),
        frame_ancestors: listen.frame_ancestors.clone(),
        ..Config::default()
    }
}

/// Binds the address, opens the plan, prints where it is served, and serves it until a signal ends the program.
fn run_server(
    plan: &Path,
    plan_file: PlanFile,
    model: PlanModel,
    config: Config,
    settings: AtlasSettings,
    keep: HistoryRetention,
) -> CommandResult {
    let runtime = tokio::runtime::Runtime::new().map_err(Error::internal)?;
    let (web, read_only) = (config.web.clone(), config.read_only);
    let settings = AtlasSettings { accounts: Some(plan.to_owned()), ..settings };
    runtime.block_on(async {
        let server = http::bind_server(config).await?;
        let atlas = Atlas::open(plan_file, model, BaseMap::load(web.as_deref())?, &settings)?;
        let (version, address) = (env!("CARGO_PKG_VERSION"), server.address());
        tracing::info!(version, plan = %plan.display(), %address, read_only, "serving");
        cli::print_output(&format!("cityheart is at http://{address} (Ctrl-C ends it)"));
        if atlas.accounts().map_or(Ok(true), AccountService::is_empty)? {
            cli::print_line("This plan has no accounts, so nobody can change it. Add one: cityheart user add --help");
        }
        if keep != HistoryRetention::default() && !read_only {
            tokio::spawn(compact_daily(Arc::downgrade(&atlas), keep));
        }
        Ok(server.run(atlas).await?)
    })
}

/// Removes versions that need not be kept, now and once a day, as long as the plan is open.
async fn compact_daily(atlas: Weak<Atlas>, keep: HistoryRetention) {
    let mut daily = tokio::time::interval(Duration::from_hours(24));
    loop {
        daily.tick().await;
        let Some(atlas) = atlas.upgrade() else { return };
        match tokio::task::spawn_blocking(move || atlas.compact_history(keep)).await {
            Ok(Ok(0)) | Err(_) => {}
            Ok(Ok(removed)) => tracing::info!("Removed {} from the history.", count_noun(removed, "version")),
            Ok(Err(e)) => tracing::warn!("The history could not be shortened: {e}"),
        }
    }
}

/// Writes the log to stderr, filtered by `CITYHEART_LOG`.
fn init_logging() {
    let filter =
        tracing_subscriber::EnvFilter::try_from_env("CITYHEART_LOG").unwrap_or_else(|_| "warn,cityheart=info".into());
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colour).with_writer(std::io::stderr).init();
}

fn import_files(args: &cli::ImportArgs) -> CommandResult {
    let crs = import::parse_crs(args.crs.as_deref()).map_err(CommandFailure::Misuse)?;
    let format = args.format.map(|f| import::ImportFormat::from_name(f.name())).transpose()?;
    let said = import::SourceOptions {
        format,
        layer: args.layer.clone(),
        encoding: args.encoding.clone(),
        crs: if args.crs.is_some() { crs.or(Some(Crs::CRS84)) } else { None },
    };
    let progress = Arc::new(ImportProgress::default());
    let open = |path: &PathBuf| {
        let said = said.clone();
        match path.to_str() {
            Some("-") => ImportSource::from_stdin(said),
            Some(url) if import::WebUrl::is_web_address(url) => fetch_source(url, said, args, &progress),
            _ => ImportSource::open_with(path, said),
        }
    };
    let stopped = progress.clone();
    cli::on_interrupt(move || stopped.stop())?;
    let prepare = |path: &PathBuf| open(path)?.prepare_for(&args.into, &progress);
    let sources = args.files.iter().map(prepare).collect::<Result<Vec<_>>>()?;
    let options = ImportOptions { id: args.id.clone(), lenient: args.lenient, crs };
    let (plan, into) = (args.plan.clone(), args.into.clone());
    let request = PlanImportRequest { plan, into, replace: args.replace, dry_run: args.dry_run, options };
    let plan_import = PlanImport::open(request, &sources)?;
    print_opening_note(plan_import.opening_note());
    let watched = progress.clone();
    let bar = TerminalProgress::show_import(plan_import.total_bytes(&sources), move || {
        (watched.bytes_read(), watched.features_read())
    });
    let outcome = plan_import.run(&sources, progress)?;
    drop(bar);
    let explained = outcome.is_explained();
    if explained {
        outcome.report.lines().iter().for_each(|l| cli::print_finding(l));
    }
    if args.json {
        cli::print_json(&outcome.report.to_json());
    }
    match outcome.error {
        None => Ok(()),
        Some(_) if explained => Err(CommandFailure::Reported),
        Some(e) => Err(e.into()),
    }
}

/// Fetches a file, or a layer, from another server.
fn fetch_source(
    url: &str,
    mut said: import::SourceOptions,
    args: &cli::ImportArgs,
    progress: &Arc<ImportProgress>,
) -> Result<ImportSource> {
    let remote = &args.remote;
    let limits = import::FetchLimits {
        pages: remote.max_pages,
        features: remote.max_features,
        bytes: remote.max_total_bytes(),
        time: remote.max_time(),
        ..import::FetchLimits::default()
    };
    let request = import::RemoteRequest {
        url: url.to_owned(),
        plan: args.plan.clone(),
        layer: said.layer.clone(),
        wants_json: said.format == Some(import::ImportFormat::GeoJson),
        licence: remote.licence.clone(),
        is_trial: args.dry_run,
        allow_private: remote.allow_private,
        limits,
    };
    let watched = progress.clone();
    let bar = TerminalProgress::show_fetch(move || watched.fetched().to_string());
    let fetched = import::fetch_layer(&request, progress);
    drop(bar);
    let fetched = fetched?;
    if fetched.is_layer() {
        // It chose a layer of the service, and nothing inside an answer.
        said.layer = None;
    }
    ImportSource::from_fetched(fetched, said)
}

fn print_opening_note(note: Option<&str>) {
    if let Some(note) = note {
        cli::print_finding(&format!("warning: {note}"));
    }
}

fn export_collection(args: &cli::ExportArgs) -> CommandResult {
    let plan_file = PlanFile::open_read_only(&args.plan)?;
    print_opening_note(plan_file.opening_note());
    let collections = plan_file.collections()?;
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
    let named = args.format.map(|f| export::ExportFormat::from_name(f.name())).transpose()?;
    let format = named
        .or_else(|| export::ExportFormat::from_path(args.output.as_deref()?))
        .unwrap_or(export::ExportFormat::GeoJson);
    if let Some(path) = args.output.as_deref().filter(|path| path.as_os_str() != "-") {
        let (count, file) = write_features(&plan_file, collection, format, export::AtomicFile::create(path)?)?;
        file.commit()?;
        cli::print_line(&format!(
            "Wrote {} of '{}' to {}.",
            count_noun(count, "feature"),
            collection.id,
            path.display()
        ));
    } else {
        let out = std::io::BufWriter::new(std::io::stdout().lock());
        write_features(&plan_file, collection, format, out)?;
    }
    Ok(())
}

fn write_features<W: Write>(
    plan_file: &PlanFile,
    collection: &Collection,
    format: export::ExportFormat,
    out: W,
) -> Result<(u64, W)> {
    let mut writer = export::ExportWriter::new(out, collection, format)?;
    let not_shown = plan_file.scan_with_findings(collection, &mut |feature| writer.write_feature(&feature))?;
    let of_table = plan_file.findings()?.into_iter().filter(|f| f.collection == collection.id.as_str());
    of_table.chain(not_shown).for_each(|finding| cli::print_finding(&format!("warning: {finding}")));
    writer.finish()
}

fn build_tiles(args: &cli::BuildTilesArgs) -> CommandResult {
    let started = Instant::now();
    if args.minzoom > args.maxzoom {
        let sentence = format!("It is larger than --maxzoom ({}). Swap them.", args.maxzoom);
        return Err(CommandFailure::Misuse(Error::invalid("--minzoom", sentence)));
    }
    let file = export::AtomicFile::create(&args.output)?;
    let settings =
        AtlasSettings { tile_cache_bytes: 0, tile_budget_bytes: args.tile_budget * 1000, ..AtlasSettings::default() };
    let atlas = Atlas::open(PlanFile::open_read_only(&args.plan)?, PlanModel::load()?, BaseMap::default(), &settings)?;
    // What is put on a static host is for everybody.
    let plan = atlas.plan_for_viewer(&Viewer::visitor());
    let layers = match &args.collections {
        Some(list) => plan.resolve_layers(list).map_err(CommandFailure::Misuse)?,
        None => plan.resolve_layers(&plan.spatial_collections().join(","))?,
    };
    let zooms = args.minzoom..=args.maxzoom;
    let progress = Arc::new(export::pmtiles::ArchiveProgress::default());
    let (watched, stopped) = (progress.clone(), progress.clone());
    cli::on_interrupt(move || stopped.stop())?;
    let total = layers.non_empty_tiles(zooms.clone()).len() as u64;
    let bar = TerminalProgress::show_tiles(total, move || (watched.tile_count(), watched.byte_count()));
    let built = export::pmtiles::build_archive(&plan, &layers, zooms, file, &progress);
    drop(bar);
    let (count, file) = built?;
    file.commit()?;
    let (megabytes, seconds) = (progress.byte_count() as f64 / 1e6, started.elapsed().as_secs_f64());
    cli::print_line(&format!(
        "Wrote {} ({megabytes:.1} MB) to {} ({seconds:.1} s).",
        count_noun(count, "tile"),
        args.output.display()
    ));
    Ok(())
}

fn check_plan(args: &cli::CheckArgs) -> CommandResult {
    let plan_file = PlanFile::open_read_only(&args.plan)?;
    print_opening_note(plan_file.opening_note());
    let checked = cli::check_plan(&plan_file, &PlanModel::load()?)?;
    checked.lines().iter().for_each(|l| cli::print_finding(l));
    if args.json {
        cli::print_json(&checked.to_json());
    }
    if checked.errors > 0 { Err(CommandFailure::Reported) } else { Ok(()) }
}

fn back_up_plan(args: &cli::BackupArgs) -> CommandResult {
    let plan_file = PlanFile::open_read_only(&args.plan)?;
    print_opening_note(plan_file.opening_note());
    plan_file.backup(&args.copy)?;
    let (copy, plan) = (args.copy.display(), args.plan.display());
    cli::print_line(&format!("{copy} is a copy of {plan}. To restore it: cityheart restore {copy} {plan}"));
    Ok(())
}

fn restore_plan(args: &cli::RestoreArgs) -> Result<()> {
    let (copy, plan) = (args.copy.display(), args.plan.display());
    if args.verify {
        let count = count_noun(PlanFile::verify_copy(&args.copy)? as u64, "collection");
        cli::print_line(&format!("{copy} is sound and has {count}. Nothing was changed."));
        return Ok(());
    }
    let restored = PlanFile::restore(&args.copy, &args.plan)?;
    let count = count_noun(restored.collections as u64, "collection");
    cli::print_line(&format!("{plan} is now {copy}, with {count}. Its accounts are as they were."));
    if let Some(aside) = restored.aside {
        cli::print_line(&format!(
            "The former plan is kept as {}. Delete it when you no longer need it.",
            aside.display()
        ));
    }
    Ok(())
}
