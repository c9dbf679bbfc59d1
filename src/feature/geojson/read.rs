//! JSON text into [`Object`]s: takes every member as it comes, so that a wrong type is a fault with a place and not the end
//! of the parsing. Coordinates go straight into flat positions, without a JSON value for each number.

use super::{
    Deserialize, Deserializer, IgnoredAny, MapAccess, Member, Members, Nested, Object, PhantomData, SeqAccess, Skipped,
    Visitor, fmt,
};

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Key {
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

/// The scalar half of a visitor: what is found where a list or an object is wanted.
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

impl<'de, C: Deserialize<'de>> Deserialize<'de> for Member<C> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Reader<C>(PhantomData<C>);
        impl<'de, C: Deserialize<'de>> Visitor<'de> for Reader<C> {
            type Value = Member<C>;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a GeoJSON object")
            }
            scalars!(Member::Other);
            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Member::Null)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Member::Other("a list"))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                object(map).map(Member::Object)
            }
        }
        d.deserialize_any(Reader(PhantomData))
    }
}

fn object<'de, C: Deserialize<'de>, A: MapAccess<'de>>(mut map: A) -> Result<Box<Object<C>>, A::Error> {
    let mut object = Box::new(Object {
        kind: None,
        id: None,
        properties: None,
        crs: None,
        has_features: false,
        geometry: None,
        coordinates: None,
        geometries: None,
    });
    while let Some(key) = map.next_key()? {
        match key {
            Key::Type => object.kind = Some(map.next_value()?),
            Key::Id => object.id = Some(map.next_value()?),
            Key::Geometry => object.geometry = Some(map.next_value()?),
            Key::Properties => object.properties = Some(map.next_value()?),
            Key::Coordinates => object.coordinates = Some(map.next_value()?),
            Key::Geometries => object.geometries = Some(map.next_value()?),
            Key::Crs => object.crs = Some(map.next_value()?),
            Key::Features => {
                object.has_features = true;
                map.next_value::<IgnoredAny>()?;
            }
            Key::Foreign => {
                map.next_value::<IgnoredAny>()?;
            }
        }
    }
    Ok(object)
}

impl<'de, C: Deserialize<'de>> Deserialize<'de> for Members<C> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Reader<C>(PhantomData<C>);
        impl<'de, C: Deserialize<'de>> Visitor<'de> for Reader<C> {
            type Value = Members<C>;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a list of geometries")
            }
            scalars!(Members::Other);
            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Members::Other("null"))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut list = vec![];
                while let Some(member) = seq.next_element()? {
                    list.push(member);
                }
                Ok(Members::List(list))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Members::Other("an object"))
            }
        }
        d.deserialize_any(Reader(PhantomData))
    }
}

impl<'de> Deserialize<'de> for Nested {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Nested;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("coordinates")
            }
            fn visit_f64<E>(self, v: f64) -> Result<Nested, E> {
                Ok(Nested::Number(v))
            }
            fn visit_i64<E>(self, v: i64) -> Result<Nested, E> {
                Ok(Nested::Number(v as f64))
            }
            fn visit_u64<E>(self, v: u64) -> Result<Nested, E> {
                Ok(Nested::Number(v as f64))
            }
            fn visit_bool<E>(self, _: bool) -> Result<Nested, E> {
                Ok(Nested::Other("true or false"))
            }
            fn visit_str<E>(self, _: &str) -> Result<Nested, E> {
                Ok(Nested::Other("text"))
            }
            fn visit_unit<E>(self) -> Result<Nested, E> {
                Ok(Nested::Other("null"))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Nested, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Nested::Other("an object"))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Nested, A::Error> {
                list(seq)
            }
        }
        d.deserialize_any(Reader)
    }
}

fn list<'de, A: SeqAccess<'de>>(mut seq: A) -> Result<Nested, A::Error> {
    let mut items = vec![];
    match seq.next_element()? {
        None => return Ok(Nested::List(items)),
        Some(Nested::Number(x)) => match seq.next_element()? {
            Some(Nested::Number(y)) => return position(x, y, seq),
            Some(other) => items.extend([Nested::Number(x), other]),
            None => return Ok(Nested::List(vec![Nested::Number(x)])),
        },
        Some(first) => items.push(first),
    }
    while let Some(item) = seq.next_element()? {
        items.push(item);
    }
    Ok(Nested::List(items))
}

fn position<'de, A: SeqAccess<'de>>(x: f64, y: f64, mut seq: A) -> Result<Nested, A::Error> {
    let mut deep = false;
    while let Some(more) = seq.next_element()? {
        if !matches!(more, Nested::Number(_)) {
            let mut items = vec![Nested::Number(x), Nested::Number(y), more];
            while let Some(item) = seq.next_element()? {
                items.push(item);
            }
            return Ok(Nested::List(items));
        }
        deep = true;
    }
    Ok(Nested::Position { x, y, deep })
}

impl<'de> Deserialize<'de> for Skipped {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(d).map(|_| Self)
    }
}
