//! The ERDF output indicator RCO074: population covered by projects in the framework of strategies for integrated
//! territorial development, in persons (Regulation (EU) 2021/1058, Annex I).

use super::answer::{AnswerNumber, LeftOut, NumberValue, QuestionAnswer, round_to_json};
use super::ellipsoid::areas_m2;
use super::features::{self, AREA, AREAS, AREAS_FILTER, COLLECTION, FILTER, FROM, QuestionFeatures, TO};
use super::measure::PreparedArea;
use super::near_pairs::boxes_intersect;
use super::overlay::{subtract_polygons, union_polygons};
use super::request::QuestionRequest;
use crate::error::{Error, Result};
use crate::feature::{BoundingBox, FieldValue};
use geo_types::Polygon;
use serde_json::json;

const WITHOUT_POPULATION: &str = "without_population";
const WITHOUT_INTERVENTION: &str = "without_intervention";
const RULE: &str = "RCO074, population covered by projects in the framework of strategies for integrated territorial development (persons): the population of every area \
                    that at least one of the interventions intersects. Where areas overlap, residents count once: the larger area counts first, and a smaller one by its part \
                    outside, as if its residents were evenly distributed.";

/// An area with its population and outline.
struct PopulatedArea {
    feature: features::FeatureHandle,
    area: PreparedArea,
    population: u64,
}

pub(super) fn answer_population(request: &QuestionRequest<'_>) -> Result<QuestionAnswer> {
    if request.raw_json(&AREA).is_some() {
        return Err(Error::invalid(
            AREA.name,
            "RCO074 counts the population of all areas. Leave out 'area', or name another collection in 'areas'.",
        ));
    }
    let projects = QuestionFeatures::from_inputs(request, &COLLECTION, &FILTER)?
        .within_days(request.read_day_range(&FROM, &TO)?)?;
    let areas = QuestionFeatures::from_inputs(request, &AREAS, &AREAS_FILTER)?;
    let mut left_out = LeftOut::default();
    let mut populated = select_covered_areas(&areas, &projects, &mut left_out);
    populated.sort_by(|a, b| areas_m2(&b.area.polygons).total_cmp(&areas_m2(&a.area.polygons)));
    let (mut counted, mut total): (Vec<(BoundingBox, Polygon<f64>)>, f64) = (vec![], 0.0);
    let (mut found, mut ids) = (Vec::new(), Vec::new());
    for one in populated {
        let whole = areas_m2(&one.area.polygons);
        let near: Vec<_> =
            counted.iter().filter(|(bbox, _)| boxes_intersect(*bbox, one.area.bbox)).map(|(_, p)| p.clone()).collect();
        let uncounted = if near.is_empty() {
            whole
        } else {
            let before = union_polygons(&near, request.work);
            areas_m2(&subtract_polygons(&one.area.polygons, &before, request.work))
        };
        request.work.check()?;
        let share = if whole > 0.0 { (uncounted / whole).min(1.0) } else { 0.0 };
        total += one.population as f64 * share;
        found.push(
            areas.to_answer_feature(
                &one.feature,
                json!({"population": one.population, "share": round_to_json(share, 6)}),
            ),
        );
        ids.push(areas.id(&one.feature));
        counted.extend(one.area.polygons.into_iter().map(|p| (one.area.bbox, p)));
    }
    projects.leave_out_unplaced(&mut left_out);
    left_out.dedup_ids();
    let numbers = vec![
        AnswerNumber::new("RCO074", NumberValue::Count(total.round() as u64), "persons").with_ids(ids.clone()),
        AnswerNumber { unit: "areas", ..AnswerNumber::feature_count("areas", ids) },
    ];
    Ok(QuestionAnswer {
        numbers,
        features: found,
        left_out,
        rules: vec![RULE.to_owned(), features::PLACE_RULE.to_owned()],
    })
}

/// The areas with a population that an intervention intersects.
fn select_covered_areas(
    areas: &QuestionFeatures,
    projects: &QuestionFeatures,
    left_out: &mut LeftOut,
) -> Vec<PopulatedArea> {
    let population = areas.field("population");
    let mut populated = Vec::new();
    for feature in areas.select_all() {
        let residents = match population.map(|f| areas.value(&feature, f)) {
            Some(FieldValue::Int(n)) if n >= 0 => n as u64,
            _ => {
                left_out.add(WITHOUT_POPULATION, areas.id(&feature));
                continue;
            }
        };
        let Some(area) = areas.geometry(&feature).and_then(|g| PreparedArea::new(&g, areas.work())) else { continue };
        if projects
            .select_near(area.bbox)
            .iter()
            .any(|p| projects.geometry(p).is_some_and(|g| area.intersects(&g)) && projects.check_dated(p, left_out))
        {
            populated.push(PopulatedArea { feature, area, population: residents });
        } else {
            left_out.add(WITHOUT_INTERVENTION, areas.id(&feature));
        }
    }
    populated
}
