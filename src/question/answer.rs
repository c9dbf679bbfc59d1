//! The answer to a question: numbers, features, the features that were left out and why, and the rules. One JSON shape
//! for all questions. Calculates nothing.

use super::money;
use crate::error::{Error, Result};
use crate::feature::{FeatureId, Geometry};
use crate::index::{FeatureSlot, Snapshot};
use crate::work_budget::{ByteReservation, WorkBudget};
use rust_decimal::Decimal;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The most bytes of an answer.
pub const MAX_ANSWER_BYTES: usize = 48 << 20;
/// The work units of writing one byte.
const BYTE_UNITS: u64 = 1;

/// An answer before it is written as JSON.
#[derive(Default)]
pub struct QuestionAnswer {
    pub numbers: Vec<AnswerNumber>,
    pub features: Vec<AnswerFeature>,
    pub left_out: LeftOut,
    pub rules: Vec<String>,
}

/// The ids of features that were not counted, by reason. Reasons are words of a closed list; the rules explain them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LeftOut(BTreeMap<&'static str, Vec<FeatureId>>);

/// A number with its unit and the features behind it.
#[derive(Debug, Clone, PartialEq)]
pub struct AnswerNumber {
    pub name: &'static str,
    pub value: NumberValue,
    pub unit: &'static str,
    /// Numerator and denominator of a share.
    pub fraction: Option<(NumberValue, NumberValue)>,
    /// The group that it belongs to, such as (`status`, `approved`); empty for the total.
    pub group: Vec<(String, String)>,
    /// The features that it counts or adds up.
    pub ids: Vec<FeatureId>,
}

/// The value of a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum NumberValue {
    Count(u64),
    /// Written with at most six decimals.
    Real(f64),
    /// An amount in euros, written as a number and, exactly, as text.
    Money(Decimal),
    /// Not defined, such as a share of nothing; written as null.
    Unknown,
}

/// A feature of an answer with its result.
pub enum AnswerFeature {
    /// A feature of the plan.
    FromPlan { snapshot: Arc<Snapshot>, slot: FeatureSlot, result: Json },
    /// A feature that the question derived, such as a gap or a pair.
    Derived { id: String, geometry: Option<Geometry>, properties: Map<String, Json>, result: Json },
}

impl LeftOut {
    pub fn add(&mut self, reason: &'static str, id: FeatureId) {
        self.0.entry(reason).or_default().push(id);
    }

    pub fn add_all(&mut self, reason: &'static str, ids: impl IntoIterator<Item = FeatureId>) {
        for id in ids {
            self.add(reason, id);
        }
    }

    /// Removes repeated ids for each reason.
    pub fn dedup_ids(&mut self) {
        for ids in self.0.values_mut() {
            let mut known = std::collections::HashSet::new();
            ids.retain(|id| known.insert(id.clone()));
        }
    }

    /// The ids left out for a reason, in the order in which they were added.
    #[must_use]
    pub fn ids_for(&self, reason: &str) -> &[FeatureId] {
        self.0.get(reason).map_or(&[], Vec::as_slice)
    }
}

impl AnswerNumber {
    #[must_use]
    pub fn new(name: &'static str, value: NumberValue, unit: &'static str) -> Self {
        Self { name, value, unit, fraction: None, group: vec![], ids: vec![] }
    }

    #[must_use]
    pub fn feature_count(name: &'static str, ids: Vec<FeatureId>) -> Self {
        Self { ids, ..Self::new(name, NumberValue::Count(0), "features") }.with_counted_value()
    }

    /// A share in per cent; unknown when the denominator is zero.
    #[must_use]
    pub fn percentage(name: &'static str, numerator: NumberValue, denominator: NumberValue) -> Self {
        let whole = denominator.as_f64();
        let value =
            if whole > 0.0 { NumberValue::Real(numerator.as_f64() / whole * 100.0) } else { NumberValue::Unknown };
        Self { fraction: Some((numerator, denominator)), ..Self::new(name, value, "%") }
    }

    #[must_use]
    pub fn with_group(mut self, group: &[(String, String)]) -> Self {
        self.group = group.to_vec();
        self
    }

    #[must_use]
    pub fn with_ids(mut self, ids: Vec<FeatureId>) -> Self {
        self.ids = ids;
        self
    }

    fn with_counted_value(mut self) -> Self {
        self.value = NumberValue::Count(self.ids.len() as u64);
        self
    }

    #[must_use]
    pub fn to_json(&self) -> Json {
        let mut json = json!({"name": self.name, "value": self.value.to_json(), "unit": self.unit});
        if let NumberValue::Money(exact) = self.value {
            json["decimal"] = exact.to_string().into();
        }
        if let Some((numerator, denominator)) = self.fraction {
            json["numerator"] = numerator.to_json();
            json["denominator"] = denominator.to_json();
        }
        if !self.group.is_empty() {
            json["group"] =
                self.group.iter().map(|(k, v)| (k.clone(), Json::from(v.as_str()))).collect::<Map<_, _>>().into();
        }
        if !self.ids.is_empty() {
            json["ids"] = ids_to_json(&self.ids);
        }
        json
    }
}

impl NumberValue {
    #[must_use]
    pub fn as_f64(self) -> f64 {
        match self {
            Self::Count(n) => n as f64,
            Self::Real(r) => r,
            Self::Money(m) => money::amount_to_f64(m),
            Self::Unknown => 0.0,
        }
    }

    #[must_use]
    pub fn to_json(self) -> Json {
        match self {
            Self::Count(n) => n.into(),
            Self::Real(r) => round_to_json(r, 6),
            Self::Money(m) => money::amount_to_f64(m).into(),
            Self::Unknown => Json::Null,
        }
    }
}

/// A number rounded to at most `decimals` decimals; a whole number has none.
#[must_use]
pub fn round_to_json(value: f64, decimals: i32) -> Json {
    let scale = 10_f64.powi(decimals);
    let value = (value * scale).round() / scale;
    if value.fract() == 0.0 && value.abs() < 1e15 { (value as i64).into() } else { value.into() }
}

/// Metres, rounded to the centimetre.
#[must_use]
pub fn metres_to_json(value: f64) -> Json {
    round_to_json(value, 2)
}

impl AnswerFeature {
    /// Appends the feature as GeoJSON with a foreign member `result`.
    pub fn write_geojson(&self, out: &mut Vec<u8>) {
        match self {
            Self::FromPlan { snapshot, slot, result } => {
                snapshot.write_geojson(*slot, None, out);
                if out.last() == Some(&b'}') {
                    out.pop();
                }
                out.extend_from_slice(b",\"result\":");
                out.extend_from_slice(result.to_string().as_bytes());
                out.push(b'}');
            }
            Self::Derived { id, geometry, properties, result } => {
                let geometry = geometry.as_ref().map_or(Json::Null, geometry_to_json);
                let feature = json!({"type": "Feature", "id": id, "geometry": geometry, "properties": properties, "result": result});
                out.extend_from_slice(feature.to_string().as_bytes());
            }
        }
    }

    #[must_use]
    pub fn id(&self) -> String {
        match self {
            Self::FromPlan { snapshot, slot, .. } => snapshot.read_feature(*slot).id.to_string(),
            Self::Derived { id, .. } => id.clone(),
        }
    }

    #[must_use]
    pub fn result(&self) -> &Json {
        match self {
            Self::FromPlan { result, .. } | Self::Derived { result, .. } => result,
        }
    }
}

impl QuestionAnswer {
    /// The number with this name that belongs to no group.
    #[must_use]
    pub fn find_number(&self, name: &str) -> Option<&AnswerNumber> {
        self.numbers.iter().find(|n| n.name == name && n.group.is_empty())
    }

    /// Appends the answer as one JSON object with the members numbers, features, `left_out` and rules.
    ///
    /// # Errors
    /// [`Error::TooLarge`] when it has more than [`MAX_ANSWER_BYTES`]; and why the work had to stop.
    pub fn write_json(&self, work: &WorkBudget, out: &mut Vec<u8>) -> Result<()> {
        let mut memory = work.reserve(0)?;
        out.extend_from_slice(b"{\"numbers\":[");
        for (i, number) in self.numbers.iter().enumerate() {
            let before = out.len();
            out.extend_from_slice(if i > 0 { b"," } else { b"" });
            out.extend_from_slice(number.to_json().to_string().as_bytes());
            admit_bytes(out.len(), out.len() - before, work, &mut memory)?;
        }
        out.extend_from_slice(b"],\"features\":{\"type\":\"FeatureCollection\",\"features\":[");
        for (i, found) in self.features.iter().enumerate() {
            let before = out.len();
            if i > 0 {
                out.push(b',');
            }
            found.write_geojson(out);
            admit_bytes(out.len(), out.len() - before, work, &mut memory)?;
        }
        let left_out: Map<String, Json> =
            self.left_out.0.iter().map(|(reason, list)| ((*reason).to_owned(), ids_to_json(list))).collect();
        out.extend_from_slice(b"]},\"left_out\":");
        out.extend_from_slice(Json::Object(left_out).to_string().as_bytes());
        out.extend_from_slice(b",\"rules\":");
        out.extend_from_slice(json!(self.rules).to_string().as_bytes());
        out.push(b'}');
        admit_bytes(out.len(), 0, work, &mut memory)
    }
}

fn ids_to_json(list: &[FeatureId]) -> Json {
    list.iter().map(|id| Json::from(id.as_str())).collect()
}

/// Admits more bytes of an answer.
fn admit_bytes(all: usize, more: usize, work: &WorkBudget, memory: &mut ByteReservation) -> Result<()> {
    memory.grow(more)?;
    work.spend(more as u64 * BYTE_UNITS)?;
    if all <= MAX_ANSWER_BYTES {
        return Ok(());
    }
    let limit = MAX_ANSWER_BYTES >> 20;
    Err(Error::TooLarge(format!(
        "The answer has more than {limit} MB. Send a smaller area, or a filter that matches fewer features or areas."
    )))
}

/// A geometry as GeoJSON with seven decimals.
#[must_use]
pub fn geometry_to_json(geometry: &Geometry) -> Json {
    use geo::MapCoords;
    let seven = |v: f64| (v * 1e7).round() / 1e7;
    let rounded = geometry.map_coords(|c| geo_types::Coord { x: seven(c.x), y: seven(c.y) });
    serde_json::to_value(geojson::Geometry::from(&rounded)).unwrap_or(Json::Null)
}
