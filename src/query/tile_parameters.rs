//! Queries to tiles, from the parameters of a URL to the drawing, and their cache keys.

use super::parse::{FilterParameters, parse_datetime};
use super::queryables;
use crate::collection::{Collection, FieldType};
use crate::error::{Error, Result, shorten_text};
use crate::feature::time::TimeSpan;
use crate::filter::Filter;
use std::fmt::Write;
use std::sync::Arc;

/// The parameters of a tile's URL.
pub const TILE_PARAMETERS: [&str; 7] =
    ["filter", "filter-lang", "filter-crs", "datetime", "properties", "split", "cluster"];

/// The possible sides of cluster cells, in pixels of a tile displayed at 512. Each divides the tile, so that
/// neighbouring tiles agree.
pub const CLUSTER_SIDES_PX: [u16; 4] = [16, 32, 64, 128];

/// What a tile shows of one collection; by default all of it. A feature is shown when it fulfils all conditions.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LayerQuery {
    /// Only features that match this filter.
    pub filter: Option<Arc<Filter>>,
    /// Only undated features and those whose time intersects this span.
    pub time: Option<TimeSpan>,
    /// Field positions, ascending; `None` means all. The id is always written.
    pub properties: Option<Vec<usize>>,
    /// The field whose values each get a layer of their own.
    pub split: Option<usize>,
    /// The side of the grid cells within which points are drawn as one cluster: one of [`CLUSTER_SIDES_PX`].
    pub cluster_px: Option<u16>,
}

/// The parsed parameters of a tile, not yet bound to collections.
#[derive(Default)]
pub struct TileParameters {
    filter: FilterParameters,
    time: Option<TimeSpan>,
    properties: Option<Vec<String>>,
    split: Option<String>,
    cluster_px: Option<u16>,
}

impl TileParameters {
    /// Parses pairs (already percent-decoded, no name twice); ignores names that are not in [`TILE_PARAMETERS`].
    ///
    /// # Errors
    /// [`Error::Invalid`] at the name of the parameter.
    pub fn parse<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self> {
        let mut parameters = Self::default();
        for (name, value) in pairs {
            match name {
                "filter" | "filter-lang" | "filter-crs" => parameters.filter.read_parameter(name, value)?,
                "datetime" => parameters.time = Some(parse_datetime(value)?),
                "properties" => parameters.properties = Some(value.split(',').map(str::to_owned).collect()),
                "split" => parameters.split = Some(value.to_owned()),
                "cluster" => parameters.cluster_px = Some(parse_cluster(value)?),
                _ => {}
            }
        }
        Ok(parameters)
    }

    /// Whether no parameter was given.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        !self.filter.has_filter()
            && self.time.is_none()
            && self.properties.is_none()
            && self.split.is_none()
            && self.cluster_px.is_none()
    }

    /// Binds the parameters to each of these collections. Each must have all properties of the filter; at least one
    /// must have each of the chosen properties and the field to split by, and the others are drawn without it.
    ///
    /// # Errors
    /// [`Error::Invalid`] at the name of the parameter; as [`Filter::parse`].
    pub fn bind_collections(&self, collections: &[&Collection]) -> Result<Vec<LayerQuery>> {
        for name in self.properties.iter().flatten().filter(|n| !matches!(n.as_str(), "id" | "geometry")) {
            if !collections.iter().any(|c| c.field_index(name).is_some()) {
                let known = collections.iter().flat_map(|c| &c.fields).map(|f| f.name.as_str());
                return Err(queryables::unknown_name_error(
                    "properties",
                    name,
                    "a property of these collections",
                    known,
                ));
            }
        }
        if let Some(name) =
            self.split.as_deref().filter(|n| !collections.iter().any(|c| find_split_field(c, n).is_some()))
        {
            let known =
                collections.iter().flat_map(|c| &c.fields).filter(|f| can_split_by(f.kind)).map(|f| f.name.as_str());
            return Err(queryables::unknown_name_error("split", name, "a property to split layers by", known));
        }
        collections.iter().map(|c| self.bind_collection(c)).collect()
    }

    fn bind_collection(&self, collection: &Collection) -> Result<LayerQuery> {
        let fields = |names: &Vec<String>| {
            let mut fields: Vec<usize> = names.iter().filter_map(|n| collection.field_index(n)).collect();
            fields.sort_unstable();
            fields.dedup();
            fields
        };
        Ok(LayerQuery {
            filter: self.filter.bind_filter(collection)?.map(Arc::new),
            time: self.time,
            properties: self.properties.as_ref().map(fields),
            split: self.split.as_ref().and_then(|name| find_split_field(collection, name)),
            cluster_px: self.cluster_px,
        })
    }
}

impl LayerQuery {
    /// All of a collection.
    pub const ALL: Self = Self { filter: None, time: None, properties: None, split: None, cluster_px: None };

    /// Whether this field is written.
    #[must_use]
    pub fn includes_field(&self, field: usize) -> bool {
        self.properties.as_ref().is_none_or(|fields| fields.binary_search(&field).is_ok())
    }

    /// Whether only some of the features are shown.
    #[must_use]
    pub fn selects_features(&self) -> bool {
        self.filter.is_some() || self.time.is_some()
    }

    /// Appends the query in canonical form: equal keys mean equal tiles. Appends nothing for [`LayerQuery::ALL`].
    pub fn write_cache_key(&self, key: &mut String) {
        // Writing into a String does not fail.
        if let Some(filter) = &self.filter {
            // The length in front makes the key unambiguous, whatever the filter contains.
            let _ = write!(key, " f{}:{}", filter.text().len(), filter.text());
        }
        if let Some(span) = self.time {
            let _ = write!(key, " t{}/{}", span.start_ms, span.end_ms);
        }
        if let Some(fields) = &self.properties {
            key.push_str(" p");
            fields.iter().for_each(|field| _ = write!(key, "{field},"));
        }
        if let Some(field) = self.split {
            let _ = write!(key, " s{field}");
        }
        if let Some(px) = self.cluster_px {
            let _ = write!(key, " c{px}");
        }
    }
}

/// The field with this name, if its values can name layers.
fn find_split_field(collection: &Collection, name: &str) -> Option<usize> {
    collection.field_index(name).filter(|&at| can_split_by(collection.fields[at].kind))
}

fn can_split_by(kind: FieldType) -> bool {
    matches!(kind, FieldType::Text | FieldType::Boolean | FieldType::Integer)
}

fn parse_cluster(text: &str) -> Result<u16> {
    let px = text.parse().ok().filter(|px| CLUSTER_SIDES_PX.contains(px));
    px.ok_or_else(|| {
        let shown = shorten_text(text);
        Error::invalid(
            "cluster",
            format!("'{shown}' is not the side of a cell. Use 16, 32, 64 or 128 (pixels of a tile displayed at 512)."),
        )
    })
}
