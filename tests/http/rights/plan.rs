//! A plan in which everything that somebody may not see has a mark of its own, and who may see which mark.

use crate::support::server::{Plan, fresh};
use cityheart::access::{AccessRole, Viewer};
use cityheart::change::{ChangeSet, FeatureEdit};
use cityheart::collection::CollectionId;
use cityheart::feature::{Feature, FeatureId, FieldValue};
use cityheart::query::Query;
use geo::MapCoords;
use serde_json::{Value as Json, json};

/// A piece of text that stands in the plan once, and for whom it is.
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    pub text: &'static str,
    level: Level,
    city: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Public,
    Partners,
    Internal,
}
use Level::{Internal, Partners, Public};

const fn mark(text: &'static str, level: Level, city: &'static str) -> Mark {
    Mark { text, level, city }
}

/// Every mark. Coordinates and days are marks, too: they would show in extents.
pub const MARKS: &[Mark] = &[
    mark("mark-celje-public", Public, "celje"),
    mark("mark-celje-partners", Partners, "celje"),
    mark("mark-celje-internal", Internal, "celje"),
    mark("mark-cesena-public", Public, "cesena"),
    mark("mark-cesena-partners", Partners, "cesena"),
    mark("mark-cesena-internal", Internal, "cesena"),
    mark("NOTE-celje-public", Partners, "celje"),
    mark("NOTE-celje-partners", Partners, "celje"),
    mark("NOTE-celje-internal", Internal, "celje"),
    mark("NOTE-cesena-public", Partners, "cesena"),
    mark("NOTE-cesena-partners", Partners, "cesena"),
    mark("NOTE-cesena-internal", Internal, "cesena"),
    mark("RISK-celje-public", Internal, "celje"),
    mark("RISK-celje-partners", Internal, "celje"),
    mark("RISK-celje-internal", Internal, "celje"),
    mark("RISK-cesena-public", Internal, "cesena"),
    mark("RISK-cesena-partners", Internal, "cesena"),
    mark("RISK-cesena-internal", Internal, "cesena"),
    mark("said-celje-published", Public, "celje"),
    mark("said-celje-pending", Internal, "celje"),
    mark("said-cesena-rejected", Internal, "cesena"),
    // The outermost places and days.
    mark("15.8123", Internal, "celje"),
    mark("1987-06-05", Internal, "celje"),
    mark("11.8765", Partners, "cesena"),
    mark("2091-02-03", Partners, "cesena"),
    // What was so before it was published.
    mark("DRAFT-celje", Internal, "celje"),
    mark("DRAFT-risk", Internal, "celje"),
    mark("out-of-sight", Internal, "cesena"),
    // The fields themselves.
    mark("cost_note", Partners, "celje"),
    mark("\"risks\"", Internal, ANY),
    mark("who-did-it", Partners, "celje"),
];

/// For whoever belongs to a city.
const ANY: &str = "*";

impl Mark {
    pub fn is_for(&self, viewer: &Viewer) -> bool {
        match self.level {
            Public => true,
            Partners => viewer.role() != AccessRole::Visitor,
            Internal => {
                let of = if self.city == ANY { !viewer.cities().is_empty() } else { viewer.belongs_to_city(self.city) };
                of || viewer.role() == AccessRole::Admin
            }
        }
    }
}

pub fn viewers() -> Vec<Viewer> {
    vec![
        Viewer::visitor(),
        Viewer::new("vera", "Vera", AccessRole::Viewer, []),
        Viewer::new("vito", "Vito", AccessRole::Viewer, ["celje"]),
        Viewer::new("cora", "Cora", AccessRole::Contributor, ["celje"]),
        Viewer::new("edi", "Edi", AccessRole::Editor, ["cesena"]),
        Viewer::new("both", "Both", AccessRole::Editor, ["celje", "cesena"]),
        Viewer::new("ada", "Ada", AccessRole::Admin, []),
    ]
}

/// Where the features of a city lie, but for those that lie far out.
pub const CELJE: [f64; 2] = [15.2645, 46.2291];
pub const CESENA: [f64; 2] = [12.2431, 44.1391];

pub fn plan() -> Plan {
    let mut interventions = vec![];
    let mut contributions = vec![];
    for (city, place) in [("celje", CELJE), ("cesena", CESENA)] {
        for (nth, visibility) in ["public", "partners", "internal"].into_iter().enumerate() {
            let name = format!("{city}-{visibility}");
            let mut lon = place[0] + nth as f64 / 1e4;
            let mut days = ("2026-03-01", "2026-09-30");
            match &*name {
                "celje-internal" => (lon, days) = (15.8123, ("1987-06-05", "2026-09-30")),
                "cesena-partners" => (lon, days) = (11.8765, ("2026-03-01", "2091-02-03")),
                _ => {}
            }
            interventions.push(feature(&format!("mark-{name}"), [lon, place[1]], &json!({
                "title": format!("Title mark-{name}"), "city": city, "kind": "event", "status": "funded", "location_precision": "exact",
                "visibility": visibility, "start": days.0, "end": days.1, "cost": 1000.0 + nth as f64,
                "cost_note": format!("NOTE-{name}"), "risks": [{"text": format!("RISK-{name}"), "likelihood": 2, "impact": 2}],
            })));
        }
    }
    for (city, state, place) in
        [("celje", "published", CELJE), ("celje", "pending", CELJE), ("cesena", "rejected", CESENA)]
    {
        let properties = json!({
            "text": format!("It was said-{city}-{state}"), "language": "en", "city": city, "kind": "idea", "state": state,
        });
        contributions.push(feature(&format!("said-{city}-{state}"), place, &properties));
    }
    let cities = [("celje", "SI", CELJE), ("cesena", "IT", CESENA)]
        .map(|(id, country, place)| feature(id, place, &json!({"name": id, "country": country, "partner": id})));
    let square = |[x, y]: [f64; 2]| {
        json!([[
            [x - 0.01, y - 0.01],
            [x + 0.01, y - 0.01],
            [x + 0.01, y + 0.01],
            [x - 0.01, y + 0.01],
            [x - 0.01, y - 0.01]
        ]])
    };
    let areas = [("celje", CELJE), ("cesena", CESENA)].map(|(city, place)| {
        json!({"type": "Feature", "id": format!("{city}-core"), "geometry": {"type": "Polygon", "coordinates": square(place)},
               "properties": {"name": city, "city": city, "kind": "historic_core"}})
    });
    let plan = fresh(&[
        ("cities".to_owned(), cities.to_vec()),
        ("areas".to_owned(), areas.to_vec()),
        ("interventions".to_owned(), interventions),
        ("contributions".to_owned(), contributions),
    ]);
    lived(&plan);
    plan
}

/// Gives every feature a past: each is changed and changed back, one was a draft before it was published, one went out
/// of sight.
fn lived(plan: &Plan) {
    for collection in ["interventions", "contributions"] {
        let view = plan.atlas.collection_view(collection).unwrap();
        for feature in plan.atlas.select_items(&view, &Query::default()).features().collect::<Vec<_>>() {
            let mut moved = feature.clone();
            moved.geometry = moved.geometry.map(|g| g.map_coords(|c| geo_types::Coord { x: c.x, y: c.y + 0.001 }));
            commit(plan, collection, replace(moved));
            commit(plan, collection, replace(feature));
        }
    }
    let titled = |id: &str, title: &str, visibility: &str, risk: &str| {
        let view = plan.atlas.collection_view("interventions").unwrap();
        let mut feature = plan.atlas.find_item(&view, id).unwrap().feature();
        let field = |name: &str| view.collection().field_index(name).unwrap();
        feature.values[field("title")] = FieldValue::text(title);
        feature.values[field("visibility")] = FieldValue::text(visibility);
        feature.values[field("risks")] =
            FieldValue::Json(Box::new(json!([{"text": risk, "likelihood": 1, "impact": 1}])));
        feature
    };
    let draft = Feature {
        id: FeatureId::new("published").unwrap(),
        ..titled("mark-celje-public", "DRAFT-celje", "internal", "DRAFT-risk")
    };
    commit(plan, "interventions", FeatureEdit::Create(draft));
    let published = titled("published", "Published", "public", "DRAFT-risk");
    commit(plan, "interventions", replace(published));
    let seen = Feature {
        id: FeatureId::new("withdrawn").unwrap(),
        ..titled("mark-cesena-public", "Withdrawn", "public", "-")
    };
    commit(plan, "interventions", FeatureEdit::Create(seen));
    let withdrawn = titled("withdrawn", "out-of-sight", "internal", "-");
    commit(plan, "interventions", replace(withdrawn));
}

pub fn replace(feature: Feature) -> FeatureEdit {
    FeatureEdit::Replace { feature, base: None }
}

pub fn commit(plan: &Plan, collection: &str, edit: FeatureEdit) {
    let collection = CollectionId::new(collection).unwrap();
    plan.atlas.commit(&ChangeSet { collection, edits: vec![edit], author: "who-did-it".into() }).unwrap();
}

fn feature(id: &str, [lon, lat]: [f64; 2], properties: &Json) -> Json {
    json!({"type": "Feature", "id": id, "geometry": {"type": "Point", "coordinates": [lon, lat]}, "properties": properties})
}
