//! What RFC 7946 says of the members of its objects beyond their types: which ones an object must not have (section
//! 7.1), what a `bbox` is (section 5), and that an `id` is not null (section 3.2). None of it changes what a feature
//! is, so that it is told and not refused.

use super::member_set::{MemberSet, RULED_MEMBERS};
use super::{FaultKind, FeatureFault, GeoJsonMember, GeoJsonObject, GeometryMembers};
use serde_json::{Map, Value as Json};

impl<C> GeoJsonObject<C> {
    /// Members that this object, its geometry and the parts of it must not have, boxes that are none, and an id that is
    /// null.
    #[must_use]
    pub fn find_member_faults(&self) -> Vec<FeatureFault> {
        let mut faults = vec![];
        self.add_member_faults("", &mut faults);
        faults.extend(check_id(self.type_name().unwrap_or_default(), self.id.as_ref()));
        faults
    }

    fn add_member_faults(&self, at: &str, faults: &mut Vec<FeatureFault>) {
        let kind = self.type_name().unwrap_or_default();
        let forbidden = MemberSet(self.members.0 & MemberSet::forbidden_in(kind, !at.is_empty()).0);
        if forbidden != MemberSet::default() {
            add_forbidden(kind, forbidden, at, faults);
        }
        if let Some(bbox) = &self.bbox {
            faults.extend(check_bbox(bbox, at));
        }
        if let Some(GeoJsonMember::Object(geometry)) = &self.geometry
            && kind == "Feature"
            && at.is_empty()
        {
            geometry.add_member_faults("/geometry", faults);
        }
        if let Some(GeometryMembers::List(parts)) = &self.geometries {
            for (nth, part) in parts.iter().enumerate() {
                if let GeoJsonMember::Object(part) = part {
                    part.add_member_faults(&format!("{at}/geometries/{nth}"), faults);
                }
            }
        }
    }
}

/// The same for a feature or a geometry as JSON; `kind` is its type where it names none.
#[must_use]
pub fn find_member_faults(object: &Map<String, Json>, kind: &str, at: &str) -> Vec<FeatureFault> {
    let mut faults = vec![];
    let kind = object.get("type").and_then(Json::as_str).unwrap_or(kind);
    let mut members = MemberSet::default();
    for (name, bit) in RULED_MEMBERS {
        if object.contains_key(name) {
            members.add(MemberSet(bit));
        }
    }
    add_forbidden(kind, MemberSet(members.0 & MemberSet::forbidden_in(kind, !at.is_empty()).0), at, &mut faults);
    faults.extend(object.get("bbox").and_then(|bbox| check_bbox(bbox, at)));
    faults.extend(check_id(kind, object.get("id")).filter(|_| at.is_empty()));
    if let Some(Json::Object(geometry)) = object.get("geometry").filter(|_| kind == "Feature") {
        faults.extend(find_member_faults(geometry, "", &format!("{at}/geometry")));
    }
    for (nth, part) in object.get("geometries").and_then(Json::as_array).into_iter().flatten().enumerate() {
        if let Json::Object(part) = part {
            faults.extend(find_member_faults(part, "", &format!("{at}/geometries/{nth}")));
        }
    }
    faults
}

fn add_forbidden(kind: &str, members: MemberSet, at: &str, faults: &mut Vec<FeatureFault>) {
    for (name, _) in RULED_MEMBERS.iter().filter(|(_, bit)| members.0 & bit != 0) {
        let kind: String = kind.chars().take(40).collect();
        let message = format!("A {kind} must not have a member '{name}' (RFC 7946, section 7.1). Leave it out.");
        faults.push(FeatureFault::new(FaultKind::ForbiddenMember, format!("{at}/{name}"), message));
    }
}

/// An id of null is one that is not there; an id of another type is refused where the id is read.
fn check_id(kind: &str, id: Option<&Json>) -> Option<FeatureFault> {
    let message =
        "The id of a Feature is text or a number (RFC 7946, section 3.2), not null. Leave it out where there is none.";
    (kind == "Feature" && id.is_some_and(Json::is_null)).then(|| FeatureFault::new(FaultKind::NullId, "/id", message))
}

/// What is wrong with a `bbox`; it is worked out anew in any case.
fn check_bbox(bbox: &Json, at: &str) -> Option<FeatureFault> {
    let numbers: Option<Vec<f64>> = bbox.as_array().and_then(|list| list.iter().map(Json::as_f64).collect());
    let what = match numbers.as_deref() {
        // West may be greater than east: then it crosses the antimeridian.
        Some([_, south, _, north]) if south <= north => return None,
        Some([_, south, low, _, north, high]) if south <= north && low <= high => return None,
        Some([_, _, _, _] | [_, _, _, _, _, _]) => "has its low and high values exchanged",
        Some(_) => "must be four or six numbers (west, south, east, north)",
        None => "must be a list of four or six numbers (west, south, east, north)",
    };
    let message = format!("The bbox {what} (RFC 7946, section 5). Correct it or leave it out.");
    Some(FeatureFault::new(FaultKind::BadBoundingBox, format!("{at}/bbox"), message))
}
