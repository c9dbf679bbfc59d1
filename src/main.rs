//! The program: reads the command line, calls the modules that do the work, prints what they return.

use cityheart::access::{self, AccessRole, Viewer};
use cityheart::atlas::{AccountService, Atlas, AtlasSettings, BaseMap, PlanFile};
use cityheart::change::HistoryRetention;
use cityheart::cli::{self, CliArgs, CliCommand, TerminalProgress};
use cityheart::collection::{Collection, CollectionId};
use cityheart::config::{Config, PublicUrl};
use cityheart::crs::Crs;
use cityheart::encoding::OutputSchema;
use cityheart::error::count_noun;
use cityheart::error::{Error, Result};
use cityheart::export::{ExportFormat, ExportKind};
use cityheart::feature::Feature;
use cityheart::feature_file::{FileFormat, FileLayer, FileOptions, FileWriter, WORKBOOK_LANGUAGES, WrittenFile};
use cityheart::import::{
    self, ImportOptions, ImportProgress, ImportSource, PlanImport, PlanImportRequest, UpdateOptions,
};
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
    config.limits.import_bytes = args.import_size << 20;
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
    let answers =
        args.table.read_answers(args.crs.as_deref(), args.layer.as_deref()).map_err(CommandFailure::Misuse)?;
    let named_crs = answers.crs.as_deref().filter(|_| !answers.is_without_place());
    let crs = import::parse_crs(named_crs).map_err(CommandFailure::Misuse)?;
    let format = args.format.map(|f| import::ImportFormat::from_name(f.name())).transpose()?;
    let said = import::SourceOptions {
        format,
        layer: args.layer.clone().or_else(|| answers.sheet.clone()),
        encoding: answers.encoding.clone(),
        crs: if named_crs.is_some() { crs.or(Some(Crs::CRS84)) } else { None },
        bounds: None,
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
    let options =
        ImportOptions { id: args.id.clone(), lenient: args.lenient, crs, answers: answers.clone(), tells_all: false };
    let (plan, into) = (args.plan.clone(), args.into.clone());
    let update_options =
        UpdateOptions { on_conflict: args.update.on_conflict(), remove_missing: args.update.remove_missing };
    let (replace, update, dry_run) = (args.replace, args.update.is_asked(), args.dry_run);
    let request = PlanImportRequest { plan, into, replace, update, update_options, dry_run, options };
    let plan_import = PlanImport::open(request, &sources)?;
    print_opening_note(plan_import.opening_note());
    let watched = progress.clone();
    let bar = TerminalProgress::show_import(plan_import.total_bytes(&sources), move || {
        (watched.bytes_read(), watched.features_read())
    });
    let outcome = plan_import.run(&sources, progress)?;
    drop(bar);
    args.table.write_recipe(&answers)?;
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
    let crs = args.crs.as_deref().map(Crs::parse).transpose().map_err(|e| mark_argument("--crs", e))?;
    let crs = crs.unwrap_or(Crs::CRS84);
    let plan_file = PlanFile::open_read_only(&args.plan)?;
    print_opening_note(plan_file.opening_note());
    let collections = plan_file.collections()?;
    let find = |id: &CollectionId| {
        collections.iter().find(|c| c.id == *id).ok_or_else(|| {
            let known: Vec<_> = collections.iter().map(|c| c.id.as_str()).collect();
            let message =
                format!("There is no collection '{id}' in {}. It has: {}.", args.plan.display(), known.join(", "));
            Error::NotFound(message)
        })
    };
    let collection = find(&args.collection)?;
    let named = args.format.map(|f| ExportKind::from_name(f.name())).transpose()?;
    let kind = named.or_else(|| ExportKind::from_path(args.output.as_deref()?));
    let output = args.output.as_deref().filter(|path| path.as_os_str() != "-");
    let count = match kind.unwrap_or(ExportKind::Stream(ExportFormat::GeoJson)) {
        ExportKind::File(format) => {
            let mut sheets = vec![collection];
            for id in args.sheets.iter().filter(|id| **id != args.collection) {
                sheets.push(find(id)?);
            }
            let written = write_file(&plan_file, &sheets, format, crs, args)?;
            written.losses.iter().for_each(|sentence| cli::print_finding(&format!("note: {sentence}")));
            copy_file(&written, output)?;
            written.count
        }
        ExportKind::Stream(format) => {
            if !args.sheets.is_empty() {
                let sentence = "Only workbooks have several sheets. Add --format xlsx or --format ods.";
                return Err(CommandFailure::Misuse(Error::invalid("--sheets", sentence)));
            }
            if let Some(path) = output {
                let file = export::AtomicFile::create(path)?;
                let (count, file) = write_features(&plan_file, collection, format, crs, file)?;
                file.commit()?;
                count
            } else {
                let out = std::io::BufWriter::new(std::io::stdout().lock());
                write_features(&plan_file, collection, format, crs, out)?.0
            }
        }
    };
    if let Some(path) = output {
        let (features, id, path) = (count_noun(count, "feature"), &collection.id, path.display());
        cli::print_line(&format!("Wrote {features} of '{id}' to {path}."));
    }
    Ok(())
}

/// An argument that cannot be understood.
fn mark_argument(name: &str, e: Error) -> CommandFailure {
    CommandFailure::Misuse(match e {
        Error::Invalid(input) => Error::invalid(name, input.message),
        other => other,
    })
}

/// Writes collections into a file of their own format.
fn write_file(
    plan_file: &PlanFile,
    sheets: &[&Collection],
    format: FileFormat,
    crs: Crs,
    args: &cli::ExportArgs,
) -> std::result::Result<WrittenFile, CommandFailure> {
    if !WORKBOOK_LANGUAGES.contains(&args.language.as_str()) {
        let sentence = format!("'{}' is not a language of the plan: {}.", args.language, WORKBOOK_LANGUAGES.join(", "));
        return Err(CommandFailure::Misuse(Error::invalid("--language", sentence)));
    }
    let mut layers = vec![];
    for collection in sheets {
        let output = OutputSchema::new(Arc::new((*collection).clone()), None, crs);
        layers.push(FileLayer { output, revision: plan_file.revision(&collection.id)? });
    }
    let model = PlanModel::load()?;
    let plan = args.plan.file_name().unwrap_or_default().to_string_lossy();
    let options = FileOptions { model: &model, language: &args.language, plan: &plan };
    let misuse = |e: Error| match e {
        Error::Invalid(input) => {
            let name = format!("--{}", input.at);
            CommandFailure::Misuse(Error::invalid(name, input.message))
        }
        other => CommandFailure::Failed(other),
    };
    let mut writer = FileWriter::create(format, layers, &options).map_err(misuse)?;
    for (nth, collection) in sheets.iter().enumerate() {
        if nth > 0 {
            writer.next_layer()?;
        }
        scan_with_warnings(plan_file, collection, &mut |feature| writer.write_feature(&feature))?;
    }
    Ok(writer.finish()?)
}

/// Copies a complete file to where it belongs; to standard output without a path.
fn copy_file(written: &WrittenFile, output: Option<&Path>) -> CommandResult {
    let mut file = written.open()?;
    let Some(path) = output else {
        std::io::copy(&mut file, &mut std::io::stdout().lock()).map_err(export::write_error)?;
        return Ok(());
    };
    let mut out = export::AtomicFile::create(path)?;
    std::io::copy(&mut file, &mut out).map_err(export::write_error)?;
    Ok(out.commit()?)
}

/// Visits the features of a collection, and tells what they do not show of their rows.
fn scan_with_warnings(
    plan_file: &PlanFile,
    collection: &Collection,
    visit: &mut dyn FnMut(Feature) -> Result<()>,
) -> Result<()> {
    let not_shown = plan_file.scan_with_findings(collection, visit)?;
    let of_table = plan_file.findings()?.into_iter().filter(|f| f.collection == collection.id.as_str());
    of_table.chain(not_shown).for_each(|finding| cli::print_finding(&format!("warning: {finding}")));
    Ok(())
}

fn write_features<W: Write>(
    plan_file: &PlanFile,
    collection: &Collection,
    format: ExportFormat,
    crs: Crs,
    out: W,
) -> Result<(u64, W)> {
    let mut writer = export::ExportWriter::new_in(out, collection, format, crs)?;
    scan_with_warnings(plan_file, collection, &mut |feature| writer.write_feature(&feature))?;
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
