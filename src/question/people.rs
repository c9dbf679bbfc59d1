//! RCO074: the people covered by projects in the framework of strategies for integrated territorial development (persons).

use super::Asked;
use super::answer::{Answer, Figure, LeftOut, Number, rounded};
use super::choose::{self, AREA, AREAS, AREAS_FILTER, COLLECTION, Choice, FILTER, FROM, TO};
use super::ellipsoid::areas_m2;
use super::measure::{self, Area};
use crate::error::{Error, Result};
use crate::feature::Value;
use geo::BooleanOps;
use geo_types::Polygon;
use serde_json::json;

const WITHOUT_POPULATION: &str = "without_population";
const UNTOUCHED: &str = "without_intervention";
const RULE: &str = "RCO074, population covered by projects in the framework of strategies for integrated territorial development (persons): the population of every area \
                    that at least one of the interventions meets. Where areas overlap, people are counted once: the larger area first, and of the next ones the part outside, \
                    as if people lived evenly spread.";

/// An area, its people, and where it lies.
struct Peopled {
    pick: choose::Pick,
    area: Area,
    people: u64,
}

pub(super) fn answer(asked: &Asked<'_>) -> Result<Answer> {
    if asked.json(&AREA).is_some() {
        return Err(Error::invalid(
            AREA.name,
            "RCO074 counts the people of all areas: leave out 'area', or choose areas with another collection in 'areas'.",
        ));
    }
    let projects = Choice::of(asked, &COLLECTION, &FILTER)?.during(asked.span(&FROM, &TO)?)?;
    let areas = Choice::of(asked, &AREAS, &AREAS_FILTER)?;
    let mut left_out = LeftOut::default();
    let mut peopled = covered(&areas, &projects, &mut left_out);
    peopled.sort_by(|a, b| areas_m2(&b.area.polygons).total_cmp(&areas_m2(&a.area.polygons)));
    let (mut counted, mut total): (Vec<Polygon<f64>>, f64) = (vec![], 0.0);
    let (mut found, mut ids) = (Vec::new(), Vec::new());
    for one in peopled {
        let whole = areas_m2(&one.area.polygons);
        let fresh =
            if counted.is_empty() { whole } else { areas_m2(&one.area.polygons.difference(&measure::union(&counted))) };
        let share = if whole > 0.0 { (fresh / whole).min(1.0) } else { 0.0 };
        total += one.people as f64 * share;
        found.push(areas.found(&one.pick, json!({"population": one.people, "share": rounded(share, 6)})));
        ids.push(areas.id(&one.pick));
        counted.extend(one.area.polygons);
    }
    projects.leave_out_unplaced(&mut left_out);
    left_out.once();
    let numbers = vec![
        Number::new("RCO074", Figure::Count(total.round() as u64), "persons").behind(ids.clone()),
        Number { unit: "areas", ..Number::count("areas", ids) },
    ];
    Ok(Answer { numbers, found, left_out, rules: vec![RULE.to_owned(), choose::PLACE_RULE.to_owned()] })
}

/// The areas with people that an intervention meets.
fn covered(areas: &Choice, projects: &Choice, left_out: &mut LeftOut) -> Vec<Peopled> {
    let population = areas.field("population");
    let mut peopled = Vec::new();
    for pick in areas.all() {
        let people = match population.map(|f| areas.value(&pick, f)) {
            Some(Value::Int(n)) if n >= 0 => n as u64,
            _ => {
                left_out.put(WITHOUT_POPULATION, areas.id(&pick));
                continue;
            }
        };
        let Some(area) = areas.geometry(&pick).and_then(|g| Area::new(&g)) else { continue };
        if projects
            .near(area.bbox)
            .iter()
            .any(|p| projects.geometry(p).is_some_and(|g| area.meets(&g)) && projects.counts(p, left_out))
        {
            peopled.push(Peopled { pick, area, people });
        } else {
            left_out.put(UNTOUCHED, areas.id(&pick));
        }
    }
    peopled
}
