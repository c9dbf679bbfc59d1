//! Deserialises JSON text into [`GeoJsonObject`]s. Accepts a member of any type, so that a wrong type becomes a fault
//! with a place instead of ending the parsing. Coordinates become positions directly, without a JSON value for each
//! number.

use super::properties::{IdMember, PropertiesMember};
use super::{
    Deserialize, Deserializer, GeoJsonMember, GeoJsonObject, GeometryMembers, IgnoredAny, MapAccess, NestedCoordinates,
    PhantomData, SeqAccess, SkippedCoordinates, Visitor, fmt,
};

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
        has_features: false,
        geometry: None,
        coordinates: None,
        geometries: None,
    });
    while let Some(key) = map.next_key()? {
        match key {
            MemberKey::Type => object.kind = Some(map.next_value()?),
            MemberKey::Id => object.id = Some(map.next_value::<IdMember>()?.0),
            MemberKey::Geometry => object.geometry = Some(map.next_value()?),
            MemberKey::Properties => {
                let PropertiesMember { json, spellings } = map.next_value()?;
                (object.properties, object.spellings) = (Some(json), spellings);
            }
            MemberKey::Coordinates => object.coordinates = Some(map.next_value()?),
            MemberKey::Geometries => object.geometries = Some(map.next_value()?),
            MemberKey::Crs => object.crs = Some(map.next_value()?),
            MemberKey::Features => {
                object.has_features = true;
                map.next_value::<IgnoredAny>()?;
            }
            MemberKey::Foreign => {
                map.next_value::<IgnoredAny>()?;
            }
        }
    }
    Ok(object)
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
