//! Runs an import without a store and keeps what it hands over.

use cityheart::collection::{Collection, CollectionId};
use cityheart::error::Result;
use cityheart::feature::Feature;
use cityheart::import::{IdRegistry, ImportJob, ImportOptions, ImportReport, ImportSource, ImportTarget};
use cityheart::intake::CityLocations;
use cityheart::plan::PlanModel;
use std::sync::Arc;

pub struct Read {
    pub collection: Collection,
    pub features: Vec<Feature>,
    pub report: ImportReport,
    pub result: Result<()>,
}

/// One file to be imported.
pub struct Job {
    name: String,
    bytes: Vec<u8>,
    pub into: &'static str,
    pub options: ImportOptions,
    pub cities: Vec<(f64, f64)>,
    pub present: Option<Collection>,
    pub taken: Vec<&'static str>,
}

impl Job {
    pub fn new(text: &str) -> Self {
        Self::from_bytes("file.geojson", text.as_bytes())
    }

    pub fn csv(text: &str) -> Self {
        Self::from_bytes("file.csv", text.as_bytes())
    }

    pub fn from_bytes(name: &str, bytes: &[u8]) -> Self {
        Self {
            name: name.into(),
            bytes: bytes.into(),
            into: "things",
            options: ImportOptions::default(),
            cities: vec![],
            present: None,
            taken: vec![],
        }
    }

    pub fn read(&self) -> Read {
        let model = PlanModel::load().unwrap();
        let source = ImportSource::from_embedded(&self.name, self.bytes.clone().into()).unwrap();
        read(&model, self.into, self.present.clone(), &[source], &self.options, &self.cities, &self.taken)
    }
}

pub fn read(
    model: &PlanModel,
    into: &str,
    present: Option<Collection>,
    sources: &[ImportSource],
    options: &ImportOptions,
    cities: &[(f64, f64)],
    taken: &[&str],
) -> Read {
    try_read(model, into, present, sources, options, cities, taken).unwrap()
}

/// As [`read`]; an error when a file cannot be prepared.
pub fn try_read(
    model: &PlanModel,
    into: &str,
    present: Option<Collection>,
    sources: &[ImportSource],
    options: &ImportOptions,
    cities: &[(f64, f64)],
    taken: &[&str],
) -> Result<Read> {
    let mut ids = IdRegistry::default();
    taken.iter().for_each(|id| ids.add_existing(id));
    let target = ImportTarget {
        model,
        id: CollectionId::new(into).unwrap(),
        existing: present,
        ids,
        cities: CityLocations::new(cities.iter().copied()),
        names: Arc::default(),
    };
    let import = ImportJob::prepare(sources, target, options, Arc::default())?;
    let collection = import.collection().clone();
    let mut features = vec![];
    let (report, result) = import.run(|_, incoming| {
        for feature in incoming {
            features.push(feature?);
        }
        Ok(())
    });
    Ok(Read { collection, features, report, result })
}

/// A collection of features without a place.
pub fn collection_of(properties: &[&str]) -> String {
    let features: Vec<_> =
        properties.iter().map(|p| format!(r#"{{"type":"Feature","geometry":null,"properties":{p}}}"#)).collect();
    format!("{{\"type\":\"FeatureCollection\",\"features\":[\n{}\n]}}", features.join(",\n"))
}

/// A feature without properties.
pub fn feature_of(geometry: &str) -> String {
    format!(r#"{{"type":"Feature","id":"f","geometry":{geometry},"properties":{{}}}}"#)
}

pub fn point(id: &str, lon: f64, lat: f64) -> String {
    format!(
        r#"{{"type":"Feature","id":"{id}","geometry":{{"type":"Point","coordinates":[{lon},{lat}]}},"properties":{{}}}}"#
    )
}
