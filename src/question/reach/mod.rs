//! What can be reached from here on foot, along the streets, before and after a date? Without streets it answers by straight distance, and
//! says so.

use super::answer::{Answer, Figure, Found, LeftOut, Number, metres, rounded};
use super::choose::{self, AT, COLLECTION, Choice, FILTER, Pick};
use super::ellipsoid::areas_m2;
use super::input::{Input, Kind};
use super::measure::{self, buffer_plane};
use super::metric::{Metric, widened};
use super::shape::Shape;
use super::when::Days;
use super::{Asked, Question};
use crate::error::{Error, Result};
use crate::feature::{Bbox, FeatureId, Geometry, Value};
use geo_types::{Coord, LineString, MultiPolygon};
use jiff::civil::Date;
use network::{Network, OFF_STREET_M, Walk};
use serde_json::{Map, json};

mod network; // streets as a graph
mod outline; // the ground within reach

const POINT: Input = Input::required("point", "From where, as [longitude, latitude]", Kind::Point);
const MINUTES: Input = Input::new(
    "minutes",
    "How many minutes on foot; 15 unless a distance is sent",
    Kind::Number { min: 1.0, max: 60.0, default: None, whole: false },
);
const DISTANCE: Input = Input::new(
    "distance_m",
    "How far, in metres, instead of minutes",
    Kind::Number { min: 1.0, max: 5000.0, default: None, whole: false },
);
const SPEED: Input = Input::new(
    "speed_m_min",
    "How fast one walks, in metres a minute",
    Kind::Number { min: 20.0, max: 200.0, default: Some(80.0), whole: false },
);
const STREETS: Input = Input::new(
    "streets",
    "The collection of streets; those whose property foot is false are not walked on",
    Kind::Collection(Some("streets")),
);
const BEFORE: Input = Input::new("before", "A first day, to compare with 'after'", Kind::Date);
const AFTER: Input = Input::new("after", "A second day, to compare with 'before'", Kind::Date);
const SUM: Input = Input::new("sum", "A property to add up over what is reached, such as capacity", Kind::Text);

pub(super) const QUESTION: Question = Question {
    id: "reach",
    title: "What can be reached on foot",
    description: "What can be reached from here within so many minutes on foot over the streets (or so many metres), and what before and after a date?",
    inputs: &[
        POINT,
        MINUTES,
        DISTANCE,
        SPEED,
        Input { kind: Kind::Collection(Some("facilities")), ..COLLECTION },
        FILTER,
        STREETS,
        AT,
        BEFORE,
        AFTER,
        SUM,
    ],
    answer,
};

const DEFAULT_MINUTES: f64 = 15.0;
const AWAY: &str = "away_from_streets";

/// From where, how far, at which pace.
struct Trip {
    point: Coord<f64>,
    metric: Metric,
    limit: f64,
    speed: f64,
    around: Bbox,
}

/// What one day looks like.
struct Scene {
    choice: Choice,
    reached: Vec<Reached>,
    ground: MultiPolygon<f64>,
    street_m: f64,
    /// `None` with streets; otherwise why there are none.
    straight: Option<&'static str>,
}

struct Reached {
    pick: Pick,
    id: FeatureId,
    distance: f64,
}

fn answer(asked: &Asked<'_>) -> Result<Answer> {
    let trip = Trip::of(asked)?;
    let (first, second) = days(asked)?;
    let mut left_out = LeftOut::default();
    let scene = Scene::of(asked, &trip, second, &mut left_out)?;
    let before = first.map(|day| Scene::of(asked, &trip, Some(day), &mut left_out)).transpose()?;
    left_out.once();
    let sum = asked.text(&SUM)?.map(|name| summed(&scene.choice, name)).transpose()?;
    let mut numbers = scene.numbers(sum, ["reached", "area", "network_length", "sum"]);
    if let Some(before) = &before {
        numbers.extend(before.numbers(sum, ["reached_before", "area_before", "network_length_before", "sum_before"]));
        let was: Vec<&FeatureId> = before.reached.iter().map(|r| &r.id).collect();
        let is: Vec<&FeatureId> = scene.reached.iter().map(|r| &r.id).collect();
        let only = |these: &[&FeatureId], others: &[&FeatureId]| {
            these.iter().filter(|id| !others.contains(id)).map(|id| (*id).clone()).collect::<Vec<_>>()
        };
        numbers.push(Number::count("gained", only(&is, &was)));
        numbers.push(Number::count("lost", only(&was, &is)));
    }
    let mut found: Vec<Found> = scene.reached.iter().map(|r| scene.choice.found(&r.pick, r.result(&trip))).collect();
    found.extend(scene.outline("reach", &trip));
    found.extend(before.as_ref().and_then(|b| b.outline("reach_before", &trip)));
    let rules = rules(&trip, &scene, before.as_ref());
    Ok(Answer { numbers, found, left_out, rules })
}

fn rules(trip: &Trip, scene: &Scene, before: Option<&Scene>) -> Vec<String> {
    let mut rules = vec![format!(
        "Within {} m, which take {} minutes at {} m a minute.",
        rounded(trip.limit, 1),
        rounded(trip.limit / trip.speed, 1),
        rounded(trip.speed, 1)
    )];
    match scene.straight.or(before.and_then(|b| b.straight)) {
        Some(why) => rules.push(format!("Measured in a straight line, not along streets: {why}.")),
        None => rules.push(format!(
            "Measured along streets that may be walked on, joined where they share a position. The way from the place to its street, and from a \
             street to a feature, is straight and at most {OFF_STREET_M} m; features farther from any street are listed as {AWAY}. The outline \
             is drawn on a grid of {} m.",
            rounded(outline::step_m(trip.limit), 1)
        )),
    }
    rules.push(choose::PLACE_RULE.to_owned());
    rules.extend(scene.choice.is_timed().then(|| choose::TIME_RULE.to_owned()));
    rules
}

/// The day before, when two are compared, and the day itself.
fn days(asked: &Asked<'_>) -> Result<(Option<Date>, Option<Date>)> {
    match (asked.date(&BEFORE)?, asked.date(&AFTER)?, asked.date(&AT)?) {
        (None, None, at) => Ok((None, at)),
        (Some(_), Some(_), Some(_)) => {
            Err(Error::invalid(AT.name, "Ask for one day with 'at', or compare two with 'before' and 'after'."))
        }
        (Some(before), Some(after), None) if before > after => {
            Err(Error::invalid(AFTER.name, format!("The day after ({after}) comes before the day before ({before}).")))
        }
        (Some(before), Some(after), None) => Ok((Some(before), Some(after))),
        _ => Err(Error::invalid(BEFORE.name, "Two days are compared: send 'before' and 'after'.")),
    }
}

/// The position of a property that holds numbers.
fn summed(choice: &Choice, name: &str) -> Result<usize> {
    use crate::collection::Kind as Holds;
    let collection = choice.collection();
    let field = choice.field(name).ok_or_else(|| choose::unknown_field(collection, name, SUM.name))?;
    if !matches!(collection.fields[field].kind, Holds::Integer | Holds::Real | Holds::Decimal) {
        return Err(Error::invalid(SUM.name, format!("'{name}' holds no numbers that could be added up.")));
    }
    Ok(field)
}

impl Trip {
    fn of(asked: &Asked<'_>) -> Result<Self> {
        let point = asked.point(&POINT)?.ok_or_else(|| Error::invalid(POINT.name, "Say from where."))?;
        let speed = asked.given_number(&SPEED)?;
        let limit = match (asked.number(&DISTANCE)?, asked.number(&MINUTES)?) {
            (Some(_), Some(_)) => {
                return Err(Error::invalid(DISTANCE.name, "Send minutes or a distance, not both."));
            }
            (Some(metres), None) => metres,
            (None, minutes) => minutes.unwrap_or(DEFAULT_MINUTES) * speed,
        };
        let here = Bbox { west: point.x, south: point.y, east: point.x, north: point.y };
        Ok(Self { point, metric: Metric::at(point), limit, speed, around: widened(here, limit) })
    }
}

impl Scene {
    fn of(asked: &Asked<'_>, trip: &Trip, day: Option<Date>, left_out: &mut LeftOut) -> Result<Self> {
        let days = day.map(|day| Days { first: day, last: day });
        let choice = Choice::of(asked, &Input { kind: Kind::Collection(Some("facilities")), ..COLLECTION }, &FILTER)?;
        let choice = choice.during_if_timed(days)?;
        choice.leave_out_unplaced(left_out);
        let network = streets(asked, trip, days)?;
        let walk = network.as_ref().and_then(|n| {
            let start = n.nearest(trip.metric.metres(trip.point))?;
            Some((n, n.walk(start, trip.limit)))
        });
        let straight = match (&network, &walk) {
            (None, _) => Some("the plan has no streets here; import them from OpenStreetMap"),
            (_, None) => Some("no street that may be walked on lies within 80 m of the place"),
            _ => None,
        };
        let mut reached = Vec::new();
        for pick in choice.near(trip.around) {
            let Some(geometry) = choice.geometry(&pick) else { continue };
            let shape = trip.metric.project(&geometry);
            let distance = match &walk {
                Some((network, walk)) => along(network, walk, &shape),
                None => Shape::of(&Geometry::Point(trip.metric.metres(trip.point).into()))
                    .gap(&Shape::of(&shape), trip.limit)
                    .map(|g| g.distance),
            };
            match distance {
                Some(distance) if distance <= trip.limit && choice.counts(&pick, left_out) => {
                    reached.push(Reached { pick, id: choice.id(&pick), distance });
                }
                None if walk.is_some() => left_out.put(AWAY, choice.id(&pick)),
                _ => {}
            }
        }
        reached.sort_by(|a, b| a.distance.total_cmp(&b.distance).then_with(|| a.id.cmp(&b.id)));
        let (plane, street_m) = match &walk {
            Some((network, walk)) => {
                let within = |(n, s)| walk.length_within(n as u32, s, trip.limit);
                (outline::outline(network, walk, trip.limit), network.stretches.iter().enumerate().map(within).sum())
            }
            None => (buffer_plane(&Geometry::Point(trip.metric.metres(trip.point).into()), trip.limit), 0.0),
        };
        let ground = match trip.metric.unproject(&Geometry::MultiPolygon(plane)) {
            Geometry::MultiPolygon(m) => MultiPolygon(measure::tidy(&m, 1.0)),
            _ => MultiPolygon(vec![]),
        };
        Ok(Self { choice, reached, ground, street_m, straight })
    }

    fn numbers(&self, sum: Option<usize>, names: [&'static str; 4]) -> Vec<Number> {
        let ids: Vec<FeatureId> = self.reached.iter().map(|r| r.id.clone()).collect();
        let mut numbers =
            vec![Number::count(names[0], ids), Number::new(names[1], Figure::Real(areas_m2(&self.ground)), "m2")];
        if self.straight.is_none() {
            numbers.push(Number::new(names[2], Figure::Real(self.street_m), "m"));
        }
        if let Some(field) = sum {
            let value = |r: &Reached| match self.choice.value(&r.pick, field) {
                Value::Int(i) => Some((i as f64, r.id.clone())),
                Value::Real(v) => Some((v, r.id.clone())),
                _ => None,
            };
            let (values, ids): (Vec<f64>, Vec<FeatureId>) = self.reached.iter().filter_map(value).unzip();
            numbers.push(Number::new(names[3], Figure::Real(values.iter().sum()), "as stated").behind(ids));
        }
        numbers
    }

    fn outline(&self, id: &str, trip: &Trip) -> Option<Found> {
        if self.ground.0.is_empty() {
            return None;
        }
        let way = if self.straight.is_some() { "straight" } else { "network" };
        let result = json!({
            "minutes": rounded(trip.limit / trip.speed, 2), "distance_m": rounded(trip.limit, 2),
            "area_m2": rounded(areas_m2(&self.ground), 2), "way": way,
        });
        let geometry = Some(self.ground.clone().into());
        Some(Found::Made { id: id.to_owned(), geometry, properties: Map::new(), result })
    }
}

impl Reached {
    fn result(&self, trip: &Trip) -> serde_json::Value {
        json!({"distance_m": metres(self.distance), "minutes": rounded(self.distance / trip.speed, 2)})
    }
}

/// The streets around, as they are in these days; `None` when the plan has none there.
fn streets(asked: &Asked<'_>, trip: &Trip, days: Option<Days>) -> Result<Option<Network>> {
    if asked.json(&STREETS).is_none() && asked.layers.find("streets").is_none() {
        return Ok(None);
    }
    let streets = Choice::whole(asked, &STREETS)?.during_if_timed(days)?;
    let foot = streets.field("foot");
    let mut lines = Vec::new();
    for pick in streets.near(widened(trip.around, OFF_STREET_M)) {
        let barred = foot.is_some_and(|f| streets.value(&pick, f) == Value::Bool(false));
        if !barred && let Some(geometry) = streets.geometry(&pick) {
            lines.push(geometry);
        }
    }
    let network = Network::of(&trip.metric, &lines);
    Ok((!network.is_empty()).then_some(network))
}

/// The way over the streets to a shape (in metres); `None` when it lies away from any street.
fn along(network: &Network, walk: &Walk, shape: &Geometry) -> Option<f64> {
    use geo::BoundingRect;
    let bounds = shape.bounding_rect()?;
    let own = Shape::of(shape);
    let mut best: Option<f64> = None;
    for n in network.around(bounds.min(), bounds.max()) {
        let stretch = &network.stretches[n as usize];
        let (gap, spot) = if let Geometry::Point(p) = shape {
            let spot = stretch.spot(n, p.0);
            (spot.gap, spot)
        } else {
            let line = Geometry::LineString(LineString::new(vec![stretch.a, stretch.b]));
            let Some(gap) = Shape::of(&line).gap(&own, OFF_STREET_M) else { continue };
            (gap.distance, stretch.spot(n, gap.from))
        };
        if gap <= OFF_STREET_M {
            let way = walk.distance(n, stretch, spot.along) + gap;
            best = Some(best.map_or(way, |b| b.min(way)));
        }
    }
    best
}
