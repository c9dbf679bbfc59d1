//! A collection and a feature as filters see them.

use cityheart::collection::{Collection, CollectionId, Kind};
use cityheart::crs::Crs;
use cityheart::error::Error;
use cityheart::feature::{Bbox, Geometry, GeometryKind, Value, bbox_of};
use cityheart::filter::{Filter, Lang, Row, ValueRef};
use std::borrow::Cow;

#[derive(Debug)]
pub struct Feature {
    pub id: String,
    pub geometry: Option<Geometry>,
    pub values: Vec<Value>,
    /// JSON values as their text.
    texts: Vec<Option<String>>,
}

impl Feature {
    pub fn new(id: &str, geometry: Option<Geometry>, values: Vec<Value>) -> Self {
        let texts = values.iter().map(|v| if let Value::Json(j) = v { Some(j.to_string()) } else { None }).collect();
        Self { id: id.into(), geometry, values, texts }
    }
}

impl Row for Feature {
    fn id(&self) -> &str {
        &self.id
    }
    fn value(&self, field: usize) -> ValueRef<'_> {
        match &self.values[field] {
            Value::Null => ValueRef::Null,
            Value::Bool(b) => ValueRef::Bool(*b),
            Value::Int(i) => ValueRef::Int(*i),
            Value::Real(r) => ValueRef::Real(*r),
            Value::Text(t) => ValueRef::Text(t),
            Value::Json(_) => ValueRef::Text(self.texts[field].as_deref().unwrap()),
        }
    }
    fn bounds(&self) -> Option<Bbox> {
        self.geometry.as_ref().and_then(bbox_of)
    }
    fn geometry(&self) -> Option<Cow<'_, Geometry>> {
        self.geometry.as_ref().map(Cow::Borrowed)
    }
}

pub fn collection(fields: &[(&str, Kind)]) -> Collection {
    let fields: Vec<(String, Kind)> = fields.iter().map(|(n, k)| ((*n).to_owned(), *k)).collect();
    Collection::inferred(CollectionId::new("things").unwrap(), "Things", GeometryKind::ANY, &fields).unwrap()
}

pub fn parse(text: &str, collection: &Collection) -> Result<Filter, Error> {
    Filter::parse(text, Lang::Text, Crs::CRS84, collection)
}

/// The sentence of a refusal.
pub fn refusal(text: &str, collection: &Collection) -> String {
    match parse(text, collection) {
        Ok(filter) => panic!("{text} was taken as {}", filter.text()),
        Err(Error::Invalid(e)) => {
            assert_eq!(e.at, "filter", "{text}");
            e.message
        }
        Err(Error::TooLarge(message)) => message,
        Err(e) => panic!("{text}: {e:?}"),
    }
}
