//! What can be reached on foot from a place along the streets, and the difference between two dates. Where the plan has
//! no streets, the straight distance counts, and the rules of the answer say so.

use super::answer::{AnswerFeature, AnswerNumber, LeftOut, NumberValue, QuestionAnswer, metres_to_json, round_to_json};
use super::ellipsoid::areas_m2;
use super::features::{self, AT, COLLECTION, FILTER, FeatureHandle, QuestionFeatures};
use super::input::{InputKind, QuestionInput};
use super::input_errors::{self, missing_input_error};
use super::measure::{self, buffer_in_plane};
use super::metric_plane::{MetricPlane, widen_bbox};
use super::overlap::union_length_m;
use super::period::DayRange;
use super::planar_shape::PlanarShape;
use super::planning_question::PlanningQuestion;
use super::request::QuestionRequest;
use crate::error::{Error, Result};
use crate::feature::{BoundingBox, FeatureId, FieldValue, Geometry};
use crate::work_budget::{WorkBudget, WorkMeter};
use geo_types::{Coord, LineString, MultiLineString, MultiPolygon};
use jiff::civil::Date;
use network::{OFF_STREET_M, StreetNetwork, WalkDistances};
use serde_json::{Map, json};

mod network; // streets as a graph
mod outline; // the area within reach

const POINT: QuestionInput =
    QuestionInput::required("point", "Starting place: [longitude, latitude]", InputKind::Point);
const MINUTES: QuestionInput = QuestionInput::new(
    "minutes",
    "Time on foot, in minutes; 15 unless a distance is sent",
    InputKind::Number { min: 1.0, max: 60.0, default: None, whole: false },
);
const DISTANCE: QuestionInput = QuestionInput::new(
    "distance_m",
    "Distance in metres, instead of minutes",
    InputKind::Number { min: 1.0, max: 5000.0, default: None, whole: false },
);
const SPEED: QuestionInput = QuestionInput::new(
    "speed_m_min",
    "Walking speed, in metres per minute",
    InputKind::Number { min: 20.0, max: 200.0, default: Some(80.0), whole: false },
);
const STREETS: QuestionInput = QuestionInput::new(
    "streets",
    "Collection of the streets; a street whose property foot is false is not used",
    InputKind::Collection(Some("streets")),
);
const BEFORE: QuestionInput = QuestionInput::new("before", "First of two dates to compare", InputKind::Date);
const AFTER: QuestionInput = QuestionInput::new("after", "Second of two dates to compare", InputKind::Date);
const SUM_PROPERTY: QuestionInput =
    QuestionInput::new("sum", "Property to add up over the features within reach, such as capacity", InputKind::Text);

pub(super) const QUESTION: PlanningQuestion = PlanningQuestion {
    id: "reach",
    title: "Within reach on foot",
    description: "Finds what can be reached from a place on foot along the streets within a time or a distance, and the difference between two dates.",
    inputs: &[
        POINT,
        MINUTES,
        DISTANCE,
        SPEED,
        QuestionInput { kind: InputKind::Collection(Some("facilities")), ..COLLECTION },
        FILTER,
        STREETS,
        AT,
        BEFORE,
        AFTER,
        SUM_PROPERTY,
    ],
    answer: answer_reach,
};

const DEFAULT_MINUTES: f64 = 15.0;
/// The work units of comparing a feature with one piece of street.
const EDGE_UNITS: u64 = 20;
const AWAY_FROM_STREETS: &str = "away_from_streets";

/// The starting place, the distance limit and the walking speed.
struct WalkingTrip {
    point: Coord<f64>,
    metric: MetricPlane,
    limit: f64,
    speed: f64,
    search_box: BoundingBox,
}

/// What is within reach on one day.
struct ReachOfDay {
    layer: QuestionFeatures,
    reached: Vec<ReachedFeature>,
    area: MultiPolygon<f64>,
    street_m: f64,
    /// Why distances are straight; `None` when they follow streets.
    straight: Option<&'static str>,
}

struct ReachedFeature {
    feature: FeatureHandle,
    id: FeatureId,
    distance: f64,
}

fn answer_reach(request: &QuestionRequest<'_>) -> Result<QuestionAnswer> {
    let trip = WalkingTrip::from_inputs(request)?;
    let (first, second) = read_compared_days(request)?;
    let mut left_out = LeftOut::default();
    let reach = ReachOfDay::compute(request, &trip, second, &mut left_out)?;
    let before = first.map(|day| ReachOfDay::compute(request, &trip, Some(day), &mut left_out)).transpose()?;
    left_out.dedup_ids();
    let sum = request.read_text(&SUM_PROPERTY)?.map(|name| read_sum_field(&reach.layer, name)).transpose()?;
    let mut numbers = reach.reach_numbers(sum, ["reached", "area", "network_length", "sum"]);
    if let Some(before) = &before {
        numbers.extend(
            before.reach_numbers(sum, ["reached_before", "area_before", "network_length_before", "sum_before"]),
        );
        let ids_before: Vec<&FeatureId> = before.reached.iter().map(|r| &r.id).collect();
        let ids_after: Vec<&FeatureId> = reach.reached.iter().map(|r| &r.id).collect();
        let only = |these: &[&FeatureId], others: &[&FeatureId]| {
            these.iter().filter(|id| !others.contains(id)).map(|id| (*id).clone()).collect::<Vec<_>>()
        };
        numbers.push(AnswerNumber::feature_count("gained", only(&ids_after, &ids_before)));
        numbers.push(AnswerNumber::feature_count("lost", only(&ids_before, &ids_after)));
    }
    let mut found: Vec<AnswerFeature> =
        reach.reached.iter().map(|r| reach.layer.to_answer_feature(&r.feature, r.to_json(&trip))).collect();
    found.extend(reach.outline_feature("reach", &trip));
    found.extend(before.as_ref().and_then(|b| b.outline_feature("reach_before", &trip)));
    let rules = reach_rules(&trip, &reach, before.as_ref());
    Ok(QuestionAnswer { numbers, features: found, left_out, rules })
}

fn reach_rules(trip: &WalkingTrip, reach: &ReachOfDay, before: Option<&ReachOfDay>) -> Vec<String> {
    let mut rules = vec![format!(
        "Within {} m: {} min at {} m/min.",
        round_to_json(trip.limit, 1),
        round_to_json(trip.limit / trip.speed, 1),
        round_to_json(trip.speed, 1)
    )];
    match reach.straight.or(before.and_then(|b| b.straight)) {
        Some(why) => rules.push(format!("Measured in a straight line, not along streets: {why}.")),
        None => rules.push(format!(
            "Measured along streets that are open to pedestrians, connected where they share a position. The path from the place to the nearest street, and from a \
             street to a feature, is straight and at most {OFF_STREET_M} m long; features farther from any street are listed as {AWAY_FROM_STREETS}. The outline \
             is computed on a grid of {} m.",
            round_to_json(outline::step_m(trip.limit), 1)
        )),
    }
    rules.push(features::PLACE_RULE.to_owned());
    rules.extend(reach.layer.is_timed().then(|| features::TIME_RULE.to_owned()));
    rules
}

/// The first of two days if two are compared, and the requested day.
fn read_compared_days(request: &QuestionRequest<'_>) -> Result<(Option<Date>, Option<Date>)> {
    match (request.read_date(&BEFORE)?, request.read_date(&AFTER)?, request.read_date(&AT)?) {
        (None, None, at) => Ok((None, at)),
        (Some(_), Some(_), Some(_)) => {
            Err(Error::invalid(AT.name, "Send one day with 'at', or two days with 'before' and 'after'."))
        }
        (Some(before), Some(after), None) if before > after => {
            Err(Error::invalid(AFTER.name, format!("The second day ({after}) comes before the first ({before}).")))
        }
        (Some(before), Some(after), None) => Ok((Some(before), Some(after))),
        _ => Err(Error::invalid(BEFORE.name, "A comparison needs two days. Send 'before' and 'after'.")),
    }
}

/// The position of a field of numbers.
fn read_sum_field(layer: &QuestionFeatures, name: &str) -> Result<usize> {
    use crate::collection::FieldType;
    let collection = layer.collection();
    let field =
        layer.field(name).ok_or_else(|| input_errors::unknown_field_error(collection, name, SUM_PROPERTY.name))?;
    if !matches!(collection.fields[field].kind, FieldType::Integer | FieldType::Real | FieldType::Decimal) {
        return Err(Error::invalid(
            SUM_PROPERTY.name,
            format!("'{name}' has no numbers to add up. Name a property with numbers."),
        ));
    }
    Ok(field)
}

impl WalkingTrip {
    fn from_inputs(request: &QuestionRequest<'_>) -> Result<Self> {
        let point = request.read_point(&POINT)?.ok_or_else(|| missing_input_error(&POINT))?;
        let speed = request.required_number(&SPEED)?;
        let limit = match (request.read_number(&DISTANCE)?, request.read_number(&MINUTES)?) {
            (Some(_), Some(_)) => {
                return Err(Error::invalid(DISTANCE.name, "Send a time in minutes or a distance, not both."));
            }
            (Some(metres), None) => metres,
            (None, minutes) => minutes.unwrap_or(DEFAULT_MINUTES) * speed,
        };
        let here = BoundingBox { west: point.x, south: point.y, east: point.x, north: point.y };
        Ok(Self { point, metric: MetricPlane::centred_at(point), limit, speed, search_box: widen_bbox(here, limit) })
    }
}

impl ReachOfDay {
    fn compute(
        request: &QuestionRequest<'_>,
        trip: &WalkingTrip,
        day: Option<Date>,
        left_out: &mut LeftOut,
    ) -> Result<Self> {
        let days = day.map(|day| DayRange { first: day, last: day });
        let layer = QuestionFeatures::from_inputs(
            request,
            &QuestionInput { kind: InputKind::Collection(Some("facilities")), ..COLLECTION },
            &FILTER,
        )?;
        let layer = layer.within_days_if_timed(days)?;
        layer.leave_out_unplaced(left_out);
        let network = read_network(request, trip, days)?;
        let walk = network.as_ref().and_then(|n| {
            let start = n.nearest_position(trip.metric.to_metres(trip.point))?;
            Some((n, n.walk_from(start, trip.limit, request.work)))
        });
        let straight = match (&network, &walk) {
            (None, _) => Some("the plan has no streets here; import them from OpenStreetMap"),
            (_, None) => Some("no street that is open to pedestrians lies within 80 m of the place"),
            _ => None,
        };
        let (mut reached, mut meter) = (Vec::new(), request.work.meter());
        for feature in layer.select_near(trip.search_box) {
            let Some(geometry) = layer.geometry(&feature) else { continue };
            let shape = trip.metric.project(&geometry);
            let distance = match &walk {
                Some((network, walk)) => network_distance(network, walk, &shape, &mut meter),
                None => PlanarShape::from_geometry(&Geometry::Point(trip.metric.to_metres(trip.point).into()))
                    .shortest_line(&PlanarShape::from_geometry(&shape), trip.limit, &mut meter)
                    .map(|g| g.distance),
            };
            match distance {
                Some(distance) if distance <= trip.limit && layer.check_dated(&feature, left_out) => {
                    reached.push(ReachedFeature { feature, id: layer.id(&feature), distance });
                }
                None if walk.is_some() => left_out.add(AWAY_FROM_STREETS, layer.id(&feature)),
                _ => {}
            }
        }
        reached.sort_by(|a, b| a.distance.total_cmp(&b.distance).then_with(|| a.id.cmp(&b.id)));
        let (plane, street_m) = match &walk {
            Some((network, walk)) => (
                outline::outline_polygons(network, walk, trip.limit, request.work),
                reached_street_m(network, walk, trip, request.work),
            ),
            None => (
                buffer_in_plane(&Geometry::Point(trip.metric.to_metres(trip.point).into()), trip.limit, request.work),
                0.0,
            ),
        };
        let area = match trip.metric.unproject(&Geometry::MultiPolygon(plane)) {
            Geometry::MultiPolygon(m) => MultiPolygon(measure::clean_polygons(&m, 1.0, request.work)),
            _ => MultiPolygon(vec![]),
        };
        Ok(Self { layer, reached, area, street_m, straight })
    }

    fn reach_numbers(&self, sum: Option<usize>, names: [&'static str; 4]) -> Vec<AnswerNumber> {
        let ids: Vec<FeatureId> = self.reached.iter().map(|r| r.id.clone()).collect();
        let mut numbers = vec![
            AnswerNumber::feature_count(names[0], ids),
            AnswerNumber::new(names[1], NumberValue::Real(areas_m2(&self.area)), "m2"),
        ];
        if self.straight.is_none() {
            numbers.push(AnswerNumber::new(names[2], NumberValue::Real(self.street_m), "m"));
        }
        if let Some(field) = sum {
            let value = |r: &ReachedFeature| match self.layer.value(&r.feature, field) {
                FieldValue::Int(i) => Some((i as f64, r.id.clone())),
                FieldValue::Real(v) => Some((v, r.id.clone())),
                _ => None,
            };
            let (values, ids): (Vec<f64>, Vec<FeatureId>) = self.reached.iter().filter_map(value).unzip();
            numbers
                .push(AnswerNumber::new(names[3], NumberValue::Real(values.iter().sum()), "as stated").with_ids(ids));
        }
        numbers
    }

    fn outline_feature(&self, id: &str, trip: &WalkingTrip) -> Option<AnswerFeature> {
        if self.area.0.is_empty() {
            return None;
        }
        let way = if self.straight.is_some() { "straight" } else { "network" };
        let result = json!({
            "minutes": round_to_json(trip.limit / trip.speed, 2), "distance_m": round_to_json(trip.limit, 2),
            "area_m2": round_to_json(areas_m2(&self.area), 2), "way": way,
        });
        let geometry = Some(self.area.clone().into());
        Some(AnswerFeature::Derived { id: id.to_owned(), geometry, properties: Map::new(), result })
    }
}

impl ReachedFeature {
    fn to_json(&self, trip: &WalkingTrip) -> serde_json::Value {
        json!({"distance_m": metres_to_json(self.distance), "minutes": round_to_json(self.distance / trip.speed, 2)})
    }
}

/// The streets within reach on these days; `None` when the plan has none there.
fn read_network(
    request: &QuestionRequest<'_>,
    trip: &WalkingTrip,
    days: Option<DayRange>,
) -> Result<Option<StreetNetwork>> {
    if request.raw_json(&STREETS).is_none() && request.plan.find("streets").is_none() {
        return Ok(None);
    }
    let streets = QuestionFeatures::whole_collection(request, &STREETS)?.within_days_if_timed(days)?;
    let foot = streets.field("foot");
    let mut lines = Vec::new();
    for feature in streets.select_near(widen_bbox(trip.search_box, OFF_STREET_M)) {
        let closed = foot.is_some_and(|f| streets.value(&feature, f) == FieldValue::Bool(false));
        if !closed && let Some(geometry) = streets.geometry(&feature) {
            lines.push(geometry);
        }
    }
    let network = StreetNetwork::from_geometries(&trip.metric, &lines, request.work);
    Ok((!network.is_empty()).then_some(network))
}

/// The length of the streets within reach; what two ways share counts once.
fn reached_street_m(network: &StreetNetwork, walk: &WalkDistances, trip: &WalkingTrip, work: &WorkBudget) -> f64 {
    let parts = network.edges.iter().enumerate().flat_map(|(n, edge)| walk.parts_within(n as u32, edge, trip.limit));
    let lines = parts.map(|part| LineString::new(part.map(|c| trip.metric.to_lonlat(c)).to_vec()));
    union_length_m(&MultiLineString(lines.collect()), work)
}

/// The distance along the streets to a geometry of the metric plane; `None` when it lies too far from every street.
fn network_distance(
    network: &StreetNetwork,
    walk: &WalkDistances,
    shape: &Geometry,
    meter: &mut WorkMeter,
) -> Option<f64> {
    use geo::BoundingRect;
    let bounds = shape.bounding_rect()?;
    let own = PlanarShape::from_geometry(shape);
    let mut best: Option<f64> = None;
    for n in network.edges_near(bounds.min(), bounds.max()) {
        if !meter.spend(EDGE_UNITS) {
            return None;
        }
        let edge = &network.edges[n as usize];
        let (gap, position) = if let Geometry::Point(p) = shape {
            let position = edge.nearest_position(n, p.0);
            (position.gap, position)
        } else {
            let line = Geometry::LineString(LineString::new(vec![edge.a, edge.b]));
            let Some(gap) = PlanarShape::from_geometry(&line).shortest_line(&own, OFF_STREET_M, meter) else {
                continue;
            };
            (gap.distance, edge.nearest_position(n, gap.from))
        };
        if gap <= OFF_STREET_M {
            let way = walk.distance_to(n, edge, position.along) + gap;
            best = Some(best.map_or(way, |b| b.min(way)));
        }
    }
    best
}
