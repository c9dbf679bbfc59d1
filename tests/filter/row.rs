//! A collection and a feature as filters see them.

use cityheart::collection::{Collection, CollectionId, FieldType};
use cityheart::crs::Crs;
use cityheart::error::Error;
use cityheart::feature::{BoundingBox, FieldValue, Geometry, GeometryTypeSet, bbox_of};
use cityheart::filter::{FieldValueRef, Filter, FilterLanguage, FilterRow};
use std::borrow::Cow;

#[derive(Debug)]
pub struct Feature {
    pub id: String,
    pub geometry: Option<Geometry>,
    pub values: Vec<FieldValue>,
    /// JSON values as their text.
    texts: Vec<Option<String>>,
}

impl Feature {
    pub fn new(id: &str, geometry: Option<Geometry>, values: Vec<FieldValue>) -> Self {
        let texts =
            values.iter().map(|v| if let FieldValue::Json(j) = v { Some(j.to_string()) } else { None }).collect();
        Self { id: id.into(), geometry, values, texts }
    }
}

impl FilterRow for Feature {
    fn id(&self) -> &str {
        &self.id
    }
    fn value(&self, field: usize) -> FieldValueRef<'_> {
        match &self.values[field] {
            FieldValue::Null => FieldValueRef::Null,
            FieldValue::Bool(b) => FieldValueRef::Bool(*b),
            FieldValue::Int(i) => FieldValueRef::Int(*i),
            FieldValue::Real(r) => FieldValueRef::Real(*r),
            FieldValue::Text(t) => FieldValueRef::Text(t),
            FieldValue::Json(_) => FieldValueRef::Text(self.texts[field].as_deref().unwrap()),
        }
    }
    fn bounds(&self) -> Option<BoundingBox> {
        self.geometry.as_ref().and_then(bbox_of)
    }
    fn geometry(&self) -> Option<Cow<'_, Geometry>> {
        self.geometry.as_ref().map(Cow::Borrowed)
    }
}

pub fn collection(fields: &[(&str, FieldType)]) -> Collection {
    let fields: Vec<(String, FieldType)> = fields.iter().map(|(n, k)| ((*n).to_owned(), *k)).collect();
    Collection::from_inferred_fields(CollectionId::new("things").unwrap(), "Things", GeometryTypeSet::ANY, &fields)
        .unwrap()
}

pub fn parse(text: &str, collection: &Collection) -> Result<Filter, Error> {
    Filter::parse(text, FilterLanguage::Text, Crs::CRS84, collection)
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
