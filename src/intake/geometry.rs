//! The geometry of a candidate: in degrees, valid, of a type that the collection holds, and near the plan's cities.

use super::crs_advice::suggest_crs;
use super::feature_intake::FeatureIntake;
use super::finding::{FindingCollector, FindingKind, IntakeFinding};
use super::location_check::LocationDoubt;
use crate::feature::geojson::ParsedGeometry;
use crate::feature::{FaultKind, FeatureFault, Geometry, GeometryRepair, GeometryTypeSet, check_geometry_within};

impl FeatureIntake<'_> {
    /// The geometry as it can be stored; `None` when it cannot, which is noted.
    pub(super) fn read_geometry(
        &self,
        shape: ParsedGeometry,
        before: Option<&Geometry>,
        collector: &mut FindingCollector,
    ) -> Option<(Geometry, GeometryRepair)> {
        if shape.flattened {
            let message = "Positions have a height, which is not kept. Leave it out.";
            collector.add_tolerable(IntakeFinding::violation(FindingKind::Height, "/geometry", message));
        }
        let (geometry, repair) = match self.to_lonlat(shape.geometry).and_then(|g| check_geometry_within(g, &self.work))
        {
            Ok(checked) => checked,
            Err(fault) => {
                let fault = fault.with_remedy(self.policy.source.repair_rings());
                collector.add(IntakeFinding::from_geometry_fault(fault));
                return None;
            }
        };
        if !self.collection.geometry.accepts(&geometry) {
            collector.add(IntakeFinding::violation(
                FindingKind::GeometryType,
                "/geometry",
                self.type_message(&geometry),
            ));
            return None;
        }
        if let Some(finding) = self.check_location(&geometry, before) {
            collector.add(finding);
        }
        Some((geometry, repair))
    }

    fn type_message(&self, geometry: &Geometry) -> String {
        let id = &self.collection.id;
        if self.collection.geometry.is_none() {
            return format!(
                "'{id}' holds features without a place. Import them again with --replace, then they can get one."
            );
        }
        format!(
            "'{id}' holds {}, this is a {}. Redraw it, or put it into another collection.",
            self.collection.geometry.type_names(),
            GeometryTypeSet::from_geometry(geometry).type_names()
        )
    }

    fn to_lonlat(&self, geometry: Geometry) -> Result<Geometry, FeatureFault> {
        self.source_crs.to_lonlat(geometry).map_err(|(geometry, message)| {
            let advice = suggest_crs(&geometry, self.source_crs.order(), self.cities, self.policy.source);
            FeatureFault::new(FaultKind::NationalGrid, "", format!("{message} {advice}"))
        })
    }

    /// What belongs to a city must not be swapped; other layers may reach further than the plan. A doubt that the
    /// feature has raised before is not raised again.
    fn check_location(&self, geometry: &Geometry, before: Option<&Geometry>) -> Option<IntakeFinding> {
        let doubt = self.cities.check_location(geometry)?;
        if before.and_then(|b| self.cities.check_location(b)).is_some_and(|b| b.is_swapped() == doubt.is_swapped()) {
            return None;
        }
        let belongs_to_city = self.is_model && self.collection.field_index("city").is_some();
        match doubt {
            LocationDoubt::Swapped if belongs_to_city => {
                Some(IntakeFinding::violation(FindingKind::ProbablySwapped, "/geometry", doubt.message()))
            }
            LocationDoubt::Swapped => {
                Some(IntakeFinding::warning(FindingKind::ProbablySwapped, "/geometry", doubt.message()))
            }
            LocationDoubt::Far { .. } if belongs_to_city => {
                Some(IntakeFinding::warning(FindingKind::FarAway, "/geometry", doubt.message()))
            }
            LocationDoubt::Far { .. } => None,
        }
    }
}
