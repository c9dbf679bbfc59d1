//! Which parts of this area are farther than a distance from any feature of this kind?

use super::answer::{Answer, Figure, Found, LeftOut, Number, rounded};
use super::choose::{self, AREA, AREAS, AT, COLLECTION, Choice, FILTER, FROM, TO};
use super::ellipsoid::{area_m2, areas_m2};
use super::input::{Input, Kind};
use super::measure::{self, Area, buffer_plane, polygons_of};
use super::metric::{Metric, widened};
use super::{Asked, Question};
use crate::error::{Error, Result};
use crate::feature::Geometry;
use geo::BooleanOps;
use geo_types::{MultiPolygon, Polygon};
use serde_json::{Map, json};

const DISTANCE: Input = Input::required(
    "distance_m",
    "How far is too far, in metres",
    Kind::Number { min: 1.0, max: 20_000.0, default: None, whole: false },
);

pub(super) const QUESTION: Question = Question {
    id: "gaps",
    title: "Where something is missing",
    description: "Which parts of this area are farther than so many metres from any of these features? The parts more than 300 m from a park, say.",
    inputs: &[
        Input { required: true, ..AREA },
        AREAS,
        Input { kind: Kind::Collection(Some("facilities")), ..COLLECTION },
        FILTER,
        DISTANCE,
        AT,
        FROM,
        TO,
    ],
    answer,
};

/// Smaller parts are the noise of drawing.
const LEAST_M2: f64 = 1.0;
const RULE: &str = "A part is a gap when it is farther than the distance, in a straight line, from the nearest part of every feature, those outside the area included. The round \
                    edges are exact to 0.1 % of the distance; parts under 1 m2 are left away.";
const PEOPLE_RULE: &str = "Residents are those of the area, spread evenly over its surface: an estimate.";

fn answer(asked: &Asked<'_>) -> Result<Answer> {
    let collection = Input { kind: Kind::Collection(Some("facilities")), ..COLLECTION };
    let choice = Choice::of(asked, &collection, &FILTER)?.during(asked.days(&AT, &FROM, &TO)?)?;
    let area = asked.area(&AREA, &AREAS)?.ok_or_else(|| Error::invalid(AREA.name, "Name an area or draw one."))?;
    let distance = asked.given_number(&DISTANCE)?;
    let mut left_out = LeftOut::default();
    let (mut ids, mut served) = (Vec::new(), Vec::new());
    let metric = Metric::around(area.bbox);
    for pick in choice.near(widened(area.bbox, distance)) {
        if let Some(geometry) = choice.geometry(&pick)
            && choice.counts(&pick, &mut left_out)
        {
            served.extend(buffer_plane(&metric.project(&geometry), distance));
            ids.push(choice.id(&pick));
        }
    }
    choice.leave_out_unplaced(&mut left_out);
    let gaps = measure::tidy(&outside(&area, &metric, &served), LEAST_M2);
    let missing = Figure::Real(gaps.iter().map(area_m2).sum());
    let whole = Figure::Real(areas_m2(&area.polygons));
    let share = Number::share("gap_share", missing, whole);
    let mut numbers = vec![
        Number::new("gap_area", missing, "m2"),
        Number::new("features", Figure::Count(ids.len() as u64), "features").behind(ids),
    ];
    let mut rules = vec![RULE.to_owned(), choose::PLACE_RULE.to_owned()];
    if let (Some(people), Figure::Real(percent)) = (asked.population(&AREA, &AREAS)?, share.value) {
        let far = Figure::Count((people as f64 * percent / 100.0).round() as u64);
        numbers.push(Number { of: Some((far, Figure::Count(people))), ..Number::new("residents", far, "persons") });
        rules.push(PEOPLE_RULE.to_owned());
    }
    numbers.insert(1, share);
    rules.extend(choice.is_timed().then(|| choose::TIME_RULE.to_owned()));
    Ok(Answer { numbers, found: gaps.into_iter().enumerate().map(gap).collect(), left_out, rules })
}

/// The area without what is served, in degrees.
fn outside(area: &Area, metric: &Metric, served: &[Polygon<f64>]) -> MultiPolygon<f64> {
    if served.is_empty() {
        return area.polygons.clone();
    }
    let served = metric.unproject(&Geometry::MultiPolygon(measure::union(served)));
    area.polygons.difference(&polygons_of(&served))
}

fn gap((i, polygon): (usize, Polygon<f64>)) -> Found {
    let result = json!({"area_m2": rounded(area_m2(&polygon), 1)});
    Found::Made { id: format!("gap-{}", i + 1), geometry: Some(polygon.into()), properties: Map::new(), result }
}
