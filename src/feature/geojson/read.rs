//! Deserialises JSON text into [`GeoJsonObject`]s. Accepts a member of any type, so that a wrong type becomes a fault
//! with a place instead of ending the parsing. Coordinates become positions directly, without a JSON value for each
//! number.

use super::member_set::MemberSet;
use super::properties::{IdMember, PropertiesMember};
use super::{
    Deserialize, Deserializer, GeoJsonMember, GeoJsonObject, GeometryMembers, IgnoredAny, Json, MapAccess,
    NestedCoordinates, PhantomData, SeqAccess, SkippedCoordinates, Visitor, fmt,
};
use crate::unique_json::{UniqueJson, twin_error};

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum MemberKey {
    Type,
    Id,
    Geometry,
    Properties,
    Coordinates,
    Geometries,
    Features,
    Crs,
    Bbox,
    #[serde(other)]
    Foreign,
}

/// The scalar half of a visitor: describes what was found where a list or an object was expected.
macro_rules! scalars {
    ($wrap:expr) => {
        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok($wrap("true or false"))
        }
        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
            Ok($wrap("a number"))
        }
        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
            Ok($wrap("a number"))
        }
        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
            Ok($wrap("a number"))
        }
        fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
            Ok($wrap("text"))
        }
    };
}

impl<'de, C: Deserialize<'de>> Deserialize<'de> for GeoJsonMember<C> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct MemberVisitor<C>(PhantomData<C>);
        impl<'de, C: Deserialize<'de>> Visitor<'de> for MemberVisitor<C> {
            type Value = GeoJsonMember<C>;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a GeoJSON object")
            }
            scalars!(GeoJsonMember::Other);
            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(GeoJsonMember::Null)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(GeoJsonMember::Other("a list"))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                read_object(map).map(GeoJsonMember::Object)
            }
        }
        d.deserialize_any(MemberVisitor(PhantomData))
    }
}

fn read_object<'de, C: Deserialize<'de>, A: MapAccess<'de>>(mut map: A) -> Result<Box<GeoJsonObject<C>>, A::Error> {
    let mut object = Box::new(GeoJsonObject {
        kind: None,
        id: None,
        properties: None,
        spellings: vec![],
        crs: None,
        bbox: None,
        members: MemberSet::default(),
        has_features: false,
        geometry: None,
        coordinates: None,
        geometries: None,
    });
    while let Some(key) = map.next_key()? {
        match key {
            MemberKey::Type => read_json(&mut map, "type", &mut object.kind)?,
            MemberKey::Id => {
                let IdMember(id) = map.next_value()?;
                set_member("id", &mut object.id, id)?;
            }
            MemberKey::Properties => {
                object.members.add(MemberSet::PROPERTIES);
                let PropertiesMember { json, spellings } = map.next_value()?;
                set_member("properties", &mut object.properties, json)?;
                object.spellings = spellings;
            }
            MemberKey::Crs => read_json(&mut map, "crs", &mut object.crs)?,
            MemberKey::Bbox => read_json(&mut map, "bbox", &mut object.bbox)?,
            MemberKey::Geometry => {
                object.members.add(MemberSet::GEOMETRY);
                read_member(&mut map, "geometry", &mut object.geometry)?;
            }
            MemberKey::Coordinates => {
                object.members.add(MemberSet::COORDINATES);
                read_member(&mut map, "coordinates", &mut object.coordinates)?;
            }
            MemberKey::Geometries => {
                object.members.add(MemberSet::GEOMETRIES);
                read_member(&mut map, "geometries", &mut object.geometries)?;
            }
            MemberKey::Features => {
                object.members.add(MemberSet::FEATURES);
                if std::mem::replace(&mut object.has_features, true) {
                    return Err(twin_error("features"));
                }
                map.next_value::<IgnoredAny>()?;
            }
            MemberKey::Foreign => {
                map.next_value::<IgnoredAny>()?;
            }
        }
    }
    Ok(object)
}

/// Reads a member once.
fn read_member<'de, T: Deserialize<'de>, A: MapAccess<'de>>(
    map: &mut A,
    name: &str,
    into: &mut Option<T>,
) -> Result<(), A::Error> {
    if into.is_some() {
        return Err(twin_error(name));
    }
    *into = Some(map.next_value()?);
    Ok(())
}

fn set_member<E: serde::de::Error>(name: &str, into: &mut Option<Json>, value: Json) -> Result<(), E> {
    match into.replace(value) {
        Some(_) => Err(twin_error(name)),
        None => Ok(()),
    }
}

fn read_json<'de, A: MapAccess<'de>>(map: &mut A, name: &str, into: &mut Option<Json>) -> Result<(), A::Error> {
    if into.is_some() {
        return Err(twin_error(name));
    }
    *into = Some(map.next_value::<UniqueJson>()?.0);
    Ok(())
}

impl<'de, C: Deserialize<'de>> Deserialize<'de> for GeometryMembers<C> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct MembersVisitor<C>(PhantomData<C>);
        impl<'de, C: Deserialize<'de>> Visitor<'de> for MembersVisitor<C> {
            type Value = GeometryMembers<C>;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a list of geometries")
            }
            scalars!(GeometryMembers::Other);
            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(GeometryMembers::Other("null"))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut list = vec![];
                while let Some(member) = seq.next_element()? {
                    list.push(member);
                }
                Ok(GeometryMembers::List(list))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(GeometryMembers::Other("an object"))
            }
        }
        d.deserialize_any(MembersVisitor(PhantomData))
    }
}

impl<'de> Deserialize<'de> for NestedCoordinates {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct NestedVisitor;
        impl<'de> Visitor<'de> for NestedVisitor {
            type Value = NestedCoordinates;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("coordinates")
            }
            fn visit_f64<E>(self, v: f64) -> Result<NestedCoordinates, E> {
                Ok(NestedCoordinates::Number(v))
            }
            fn visit_i64<E>(self, v: i64) -> Result<NestedCoordinates, E> {
                Ok(NestedCoordinates::Number(v as f64))
            }
            fn visit_u64<E>(self, v: u64) -> Result<NestedCoordinates, E> {
                Ok(NestedCoordinates::Number(v as f64))
            }
            fn visit_bool<E>(self, _: bool) -> Result<NestedCoordinates, E> {
                Ok(NestedCoordinates::Other("true or false"))
            }
            fn visit_str<E>(self, _: &str) -> Result<NestedCoordinates, E> {
                Ok(NestedCoordinates::Other("text"))
            }
            fn visit_unit<E>(self) -> Result<NestedCoordinates, E> {
                Ok(NestedCoordinates::Other("null"))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<NestedCoordinates, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(NestedCoordinates::Other("an object"))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<NestedCoordinates, A::Error> {
                read_list(seq)
            }
        }
        d.deserialize_any(NestedVisitor)
    }
}

fn read_list<'de, A: SeqAccess<'de>>(mut seq: A) -> Result<NestedCoordinates, A::Error> {
    let mut items = vec![];
    match seq.next_element()? {
        None => return Ok(NestedCoordinates::List(items)),
        Some(NestedCoordinates::Number(x)) => match seq.next_element()? {
            Some(NestedCoordinates::Number(y)) => return read_position(x, y, seq),
            Some(other) => items.extend([NestedCoordinates::Number(x), other]),
            None => return Ok(NestedCoordinates::List(vec![NestedCoordinates::Number(x)])),
        },
        Some(first) => items.push(first),
    }
    while let Some(item) = seq.next_element()? {
        items.push(item);
    }
    Ok(NestedCoordinates::List(items))
}

fn read_position<'de, A: SeqAccess<'de>>(x: f64, y: f64, mut seq: A) -> Result<NestedCoordinates, A::Error> {
    let mut has_height = false;
    while let Some(more) = seq.next_element()? {
        if !matches!(more, NestedCoordinates::Number(_)) {
            let mut items = vec![NestedCoordinates::Number(x), NestedCoordinates::Number(y), more];
            while let Some(item) = seq.next_element()? {
                items.push(item);
            }
            return Ok(NestedCoordinates::List(items));
        }
        has_height = true;
    }
    Ok(NestedCoordinates::Position { x, y, has_height })
}

impl<'de> Deserialize<'de> for SkippedCoordinates {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(d).map(|_| Self)
    }
}
