//! A cancelled question returns within a tenth of a second of processor, and leaves nothing behind: every question,
//! over random and hostile plans and inputs, cancelled at any look at its budget.
//!
//! The processor time between two looks is measured, too: whoever cancels does it between them.

use super::shapes;
use crate::question::plan::{CELJE, Layer, SeededRandom, area_json, blob, intervention, interventions};
use cityheart::collection::CollectionId;
use cityheart::error::Error;
use cityheart::feature::{Feature, FeatureId, FieldValue, Geometry};
use cityheart::index::Snapshot;
use cityheart::plan::PlanModel;
use cityheart::question::{PlanSnapshot, QUESTIONS, find_question};
use cityheart::work_budget::{CancelReason, SharedBudget, WorkBudget, WorkLimits};
use geo_types::{Coord, Polygon};
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value as Json, json};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What a program may take that is built with optimisation; one without takes some ten times as long.
const MOST_CPU: Duration = Duration::from_millis(if cfg!(debug_assertions) { 1_000 } else { 100 });
/// Nothing is asked for longer than this many looks.
const MOST_LOOKS: u64 = 1_500;

fn thread_cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// A plan of interventions, areas and facilities, some of them hostile.
fn hostile_plan(random: &mut SeededRandom) -> PlanSnapshot {
    let model = PlanModel::load().unwrap();
    let mut layer = interventions(random, 200);
    let collection = layer.collection.clone();
    let next = layer.truth.keys().last().copied().unwrap_or(0) + 1;
    let mut changes = vec![];
    for (key, (_, geometry)) in (next..).zip(shapes::all(1_500)) {
        let dated = intervention(random, &collection, 9_000 + key as usize);
        changes.push(cityheart::change::FeatureChange::Put(Feature { key, geometry: Some(geometry), ..dated }));
    }
    layer.apply(&changes);
    let of = |name: &str, geometries: Vec<Geometry>| {
        let collection = model.collection(&CollectionId::new(name).unwrap()).unwrap();
        let values = vec![FieldValue::Null; collection.fields.len()];
        let feature = |(n, geometry)| Feature {
            key: 0,
            id: FeatureId::new(&format!("{name}-{n}")).unwrap(),
            geometry: Some(geometry),
            values: values.clone(),
        };
        Layer::new(name, geometries.into_iter().enumerate().map(feature))
    };
    let blobs = |random: &mut SeededRandom, count: usize| -> Vec<Geometry> {
        let mut centre =
            || Coord { x: CELJE.0 + random.between(-0.02, 0.02), y: CELJE.1 + random.between(-0.02, 0.02) };
        let centres: Vec<_> = (0..count).map(|_| centre()).collect();
        centres.into_iter().map(|c| blob(random, c, 0.003).into()).collect()
    };
    let areas =
        of("areas", [blobs(random, 20), vec![shapes::comb(300, true).into(), shapes::holes(200).into()]].concat());
    let facilities =
        of("facilities", [blobs(random, 100), shapes::all(1_000).into_iter().map(|s| s.1).collect()].concat());
    let streets = of("segments", vec![shapes::zigzag(3_000).into(), shapes::zigzag(500).into()]);
    let snapshots: Vec<Arc<Snapshot>> =
        [&layer, &areas, &facilities, &streets].into_iter().map(|l| l.index.snapshot()).collect();
    PlanSnapshot::new(snapshots)
}

/// Inputs for a question with a hostile area.
fn inputs_of(question: &str, area: &Polygon<f64>, random: &mut SeededRandom) -> Json {
    let area = area_json(area);
    let point = json!([CELJE.0, CELJE.1]);
    match question {
        "inside" => json!({"area": area}),
        "nearby" => json!({"point": point, "radius_m": 100_000, "k": 1 + random.below(1000)}),
        "summary" => json!({"area": area, "rule": "share", "group_by": ["status", "types", "year"]}),
        "conflicts" => json!({"distance_m": 5000, "open_months": 120, "with_completed": true, "streets": "segments"}),
        "footprint" => json!({"area": area}),
        "without" => {
            json!({"collection": "facilities", "other": "interventions", "distance_m": 1 + random.below(3000)})
        }
        "gaps" => json!({"area": area, "distance_m": 20 + random.below(2000)}),
        "rate" => json!({"collection": "interventions", "numerator": "status = 'idea'", "group_by": "area"}),
        "coverage" => json!({}),
        "similar" => json!({"intervention": "i0", "k": 100}),
        "portfolio" => json!({"budget": 1 + random.below(9_000_000), "at_least_one": {"types": [], "area": []}}),
        "reach" => json!({"point": point, "minutes": 60, "speed_m_min": 200, "streets": "segments"}),
        other => panic!("'{other}' has no hostile inputs here"),
    }
}

/// Asks and cancels at the look with this number. The longest processor time between two looks, that after the
/// cancellation, and the looks that it took.
fn ask_and_cancel(plan: &PlanSnapshot, id: &str, inputs: &Json, cancel_at: u64) -> (Duration, Duration, u64) {
    let looks = Arc::new(AtomicU64::new(0));
    let times = Arc::new(Mutex::new((thread_cpu(), Duration::ZERO, None)));
    let shared = SharedBudget::new(512 << 20);
    let work = {
        let (looks, times) = (looks.clone(), times.clone());
        let observer = move |budget: &WorkBudget| {
            let (now, mut times) = (thread_cpu(), times.lock().unwrap());
            if times.2.is_none() {
                times.1 = times.1.max(now.saturating_sub(times.0));
            }
            times.0 = now;
            if looks.fetch_add(1, Relaxed) + 1 == cancel_at {
                budget.cancel(CancelReason::ClientGone);
                times.2 = Some(now);
            }
        };
        let limits = WorkLimits { time: Duration::from_mins(10), units: u64::MAX, bytes: 256 << 20 };
        WorkBudget::observed(limits, shared.clone(), Box::new(observer))
    };
    let question = find_question(id).unwrap();
    let answer = question.execute_within(plan, inputs.as_object().unwrap(), &work).and_then(|answer| {
        let mut out = vec![];
        answer.write_json(&work, &mut out)
    });
    let (_, longest, cancelled) = *times.lock().unwrap();
    let after = cancelled.map_or(Duration::ZERO, |at| thread_cpu().saturating_sub(at));
    match answer {
        Err(Error::Busy(sentence)) => assert!(sentence.contains("gone away"), "{id}: {sentence}"),
        Err(Error::TooMuchWork(_) | Error::TooLarge(_)) => {}
        Err(other) => panic!("{id} {}: {other}", inputs.to_string().chars().take(200).collect::<String>()),
        Ok(()) => assert!(cancelled.is_none() || looks.load(Relaxed) <= cancel_at + 1, "{id} answers when cancelled"),
    }
    assert_eq!((work.reserved_bytes(), shared.reserved_bytes()), (0, 0), "{id} keeps memory");
    (longest, after, looks.load(Relaxed))
}

#[test]
fn a_cancelled_question_returns_at_once_and_leaves_nothing_behind() {
    let mut random = SeededRandom(13);
    let plan = hostile_plan(&mut random);
    let areas =
        [shapes::comb(500, true), shapes::holes(400), blob(&mut random, Coord { x: CELJE.0, y: CELJE.1 }, 0.02)];
    for question in QUESTIONS {
        for area in &areas {
            let inputs = inputs_of(question.id, area, &mut random);
            let (longest, after, looks) = ask_and_cancel(&plan, question.id, &inputs, MOST_LOOKS);
            assert!(
                longest < MOST_CPU && after < MOST_CPU,
                "{}: {longest:?} between looks, {after:?} after",
                question.id
            );
            for _ in 0..2 {
                let at = 1 + random.below(looks);
                let (longest, after, _) = ask_and_cancel(&plan, question.id, &inputs, at);
                assert!(longest + after < MOST_CPU, "{}: {longest:?} and {after:?} at {at} of {looks}", question.id);
            }
        }
    }
}
