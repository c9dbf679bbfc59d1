//! Benchmarks of the index and of drawing tiles, with a million features. `cargo bench --bench index`; only the tiles
//! with `-- draw`.

mod city;

use city::Random;
use cityheart::index::{CollectionIndex, IndexBuilder, Snapshot};
use cityheart::query::{LayerQuery, Query};
use cityheart::tile::{BUDGET_BYTES, LayerContent, TileId, TileLayer, draw_tile};
use cityheart::work_budget::WorkBudget;
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use std::sync::{Arc, LazyLock};

static MILLION: LazyLock<CollectionIndex> = LazyLock::new(|| build(1_000_000));
static HUNDRED_THOUSAND: LazyLock<CollectionIndex> = LazyLock::new(|| build(100_000));

fn main() {
    divan::main();
}

/// Builds an index and prints the processor time, without that for generating the features, and the growth of resident
/// memory.
fn build(count: i64) -> CollectionIndex {
    let before = resident_mb();
    let mut r = Random(42);
    let mut push_ms = 0.0;
    let mut builder = IndexBuilder::new(city::collection());
    for block in 0..count / 10_000 {
        let features: Vec<_> = (1..=10_000).map(|i| city::feature(block * 10_000 + i, &mut r)).collect();
        let start = cpu_ms();
        features.iter().for_each(|f| builder.push(f));
        push_ms += cpu_ms() - start;
    }
    let start = cpu_ms();
    let index = builder.finish(1);
    let finish_ms = cpu_ms() - start;
    eprintln!(
        "\n{count} features: {:.2} s CPU to build, {finish_ms:.0} ms of it to finish; {} MB resident",
        (push_ms + finish_ms) / 1e3,
        resident_mb() - before
    );
    index
}

/// The processor time of this thread, which varies less than wall-clock time on a shared machine. NaN where the system
/// does not tell.
fn cpu_ms() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    stat.split(' ').next().and_then(|ns| ns.parse::<f64>().ok()).map_or(f64::NAN, |ns| ns / 1e6)
}

fn resident_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).unwrap_or("0 kB");
    line.trim().trim_end_matches(" kB").parse().unwrap_or(0) / 1024
}

#[divan::bench(sample_count = 10)]
fn build_100k(bencher: Bencher) {
    let mut r = Random(42);
    let features: Vec<_> = (1..=100_000).map(|i| city::feature(i, &mut r)).collect();
    bencher.counter(ItemsCount::new(features.len())).bench_local(|| {
        let mut builder = IndexBuilder::new(city::collection());
        features.iter().for_each(|f| builder.push(f));
        builder.finish(1)
    });
}

/// Draws one tile after another; a sample is one tile.
fn bench_tiles(bencher: Bencher, index: &CollectionIndex, tiles: &[TileId]) {
    let snapshot = index.snapshot();
    let layer = |snapshot: &Arc<Snapshot>, at| {
        draw_tile(
            &[TileLayer { name: "features", snapshot, show: &LayerQuery::ALL, content: LayerContent::Geometries }],
            at,
            BUDGET_BYTES,
            &WorkBudget::unlimited(),
        )
    };
    let (mut all, mut times_ms) = (vec![], vec![]);
    for _ in 0..3 {
        let start = cpu_ms();
        all = tiles.iter().map(|&at| layer(&snapshot, at)).collect();
        times_ms.push((cpu_ms() - start) / tiles.len() as f64);
    }
    let mean = |f: fn(&cityheart::tile::DrawnTile) -> usize| all.iter().map(f).sum::<usize>() / all.len();
    let (bytes, features, out) = (mean(|d| d.bytes.len()), mean(|d| d.features), mean(|d| d.left_out));
    eprintln!(
        "\n{} tiles: {times_ms:.3?} ms CPU, {bytes} bytes, {features} features, {out} left out on average",
        all.len()
    );
    let mut next = tiles.iter().cycle();
    bencher.bench_local(|| layer(&snapshot, black_box(*next.next().expect("tiles"))));
}

fn tiles(z: u8, n: usize, metres: f64) -> Vec<TileId> {
    let r = &mut Random(3);
    (0..n).map(|_| city::tile(r, z, metres)).collect()
}

#[divan::bench(sample_count = 40, sample_size = 1)]
fn draw_z6(bencher: Bencher) {
    bench_tiles(bencher, &MILLION, &tiles(6, 40, 8_000.0));
}

#[divan::bench(sample_count = 100, sample_size = 1)]
fn draw_z10(bencher: Bencher) {
    bench_tiles(bencher, &MILLION, &tiles(10, 100, 8_000.0));
}

#[divan::bench(sample_count = 300, sample_size = 1)]
fn draw_z14(bencher: Bencher) {
    bench_tiles(bencher, &MILLION, &tiles(14, 300, 4_000.0));
}

#[divan::bench(sample_count = 300, sample_size = 1)]
fn draw_mix_1m(bencher: Bencher) {
    bench_tiles(bencher, &MILLION, &city::mix(300));
}

#[divan::bench(sample_count = 2000, sample_size = 1)]
fn draw_mix_100k(bencher: Bencher) {
    bench_tiles(bencher, &HUNDRED_THOUSAND, &city::mix(2000));
}

fn boxes() -> impl Iterator<Item = Query> {
    let mut r = Random(5);
    let boxes: Vec<_> = (0..2000).map(|_| Query { bbox: Some(city::bbox(&mut r)), ..Query::default() }).collect();
    boxes.into_iter().cycle()
}

#[divan::bench(args = [100_000, 1_000_000], sample_count = 1000, sample_size = 2)]
fn bbox_query(bencher: Bencher, count: usize) {
    let snapshot = if count == 100_000 { HUNDRED_THOUSAND.snapshot() } else { MILLION.snapshot() };
    let mut queries = boxes();
    bencher.bench_local(|| snapshot.select(&queries.next().expect("a query")));
}

/// A bounding box query and its page as GeoJSON.
#[divan::bench(args = [100_000, 1_000_000], sample_count = 1000, sample_size = 2)]
fn bbox_page_of_100(bencher: Bencher, count: usize) {
    let snapshot = if count == 100_000 { HUNDRED_THOUSAND.snapshot() } else { MILLION.snapshot() };
    let mut queries = boxes();
    let mut out = Vec::with_capacity(1 << 20);
    bencher.bench_local(|| {
        out.clear();
        for slot in snapshot.select(&queries.next().expect("a query")).slots {
            snapshot.write_geojson(slot, None, &mut out);
        }
        out.len()
    });
}

/// The first hundred features as GeoJSON.
#[divan::bench]
fn geojson_page_of_100(bencher: Bencher) {
    let snapshot = MILLION.snapshot();
    let mut out = Vec::with_capacity(1 << 20);
    bencher.bench_local(|| {
        out.clear();
        for slot in snapshot.select(&Query::default()).slots {
            snapshot.write_geojson(slot, None, &mut out);
        }
        out.len()
    });
}

/// All features of the hundred thousand as GeoJSON.
#[divan::bench(sample_count = 10)]
fn geojson_whole_100k(bencher: Bencher) {
    let snapshot = HUNDRED_THOUSAND.snapshot();
    let slots = snapshot.select(&Query { limit: 1_000_000, ..Query::default() }).slots;
    let mut out = Vec::with_capacity(200 << 20);
    for &slot in &slots {
        snapshot.write_geojson(slot, None, &mut out);
    }
    bencher.counter(divan::counter::BytesCount::new(out.len())).bench_local(|| {
        out.clear();
        slots.iter().for_each(|&slot| snapshot.write_geojson(slot, None, &mut out));
        out.len()
    });
}

/// Equality on a dictionary column, over all features.
#[divan::bench(sample_count = 20, sample_size = 1)]
fn equality_scan(bencher: Bencher) {
    let snapshot = MILLION.snapshot();
    let status = snapshot.collection().field_index("status").expect("a field");
    let query = Query { equals: vec![(status, cityheart::feature::FieldValue::text("planned"))], ..Query::default() };
    bencher.bench_local(|| snapshot.select(black_box(&query)));
}

/// The page of the hundred features with the largest budget.
#[divan::bench(sample_count = 20, sample_size = 1)]
fn sorted_page(bencher: Bencher) {
    let snapshot = MILLION.snapshot();
    let budget = snapshot.collection().field_index("budget").expect("a field");
    let sort = vec![cityheart::query::SortKey { field: budget, descending: true }];
    let query = Query { sort, ..Query::default() };
    bencher.bench_local(|| snapshot.select(black_box(&query)));
}

/// Changing one feature of a million.
#[divan::bench(sample_count = 200, sample_size = 1)]
fn edit_one(bencher: Bencher) {
    let index = &*MILLION;
    let mut r = Random(99);
    let mut revision = 1;
    bencher
        .with_inputs(|| {
            let key = 1 + r.below(1_000_000) as i64;
            vec![cityheart::change::FeatureChange::Put(city::feature(key, &mut r))]
        })
        .bench_local_values(|changes| {
            revision += 1;
            index.apply_changes(&changes, revision);
        });
}
