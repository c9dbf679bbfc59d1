//! Roles and the policy as pure values.

use cityheart::access::{AccessRole, Policy, Viewer};
use cityheart::collection::{Collection, CollectionId};
use cityheart::error::Error;
use cityheart::feature::{Feature, FeatureId, FieldValue};
use cityheart::plan::PlanModel;
use serde_json::{Value as Json, json};
use std::sync::Arc;

fn built_in(id: &str) -> Arc<Collection> {
    Arc::new(PlanModel::load().unwrap().collection(&CollectionId::new(id).unwrap()).unwrap().clone())
}

fn policy(id: &str) -> Arc<Policy> {
    let collection = built_in(id);
    Arc::new(Policy::from_collection(&collection, Some(&collection)))
}

fn feature(collection: &Collection, properties: &Json) -> Feature {
    let values = collection.read_values(properties.as_object().unwrap()).unwrap();
    Feature { key: 1, id: FeatureId::new("a").unwrap(), geometry: None, values }
}

fn viewers() -> [Viewer; 6] {
    [
        Viewer::visitor(),
        Viewer::new("vera", "", AccessRole::Viewer, []),
        Viewer::new("vito", "", AccessRole::Viewer, ["celje"]),
        Viewer::new("cora", "", AccessRole::Contributor, ["celje"]),
        Viewer::new("edi", "", AccessRole::Editor, ["cesena"]),
        Viewer::new("ada", "", AccessRole::Admin, []),
    ]
}

#[test]
fn a_feature_is_seen_by_those_whom_its_visibility_names() {
    let policy = policy("interventions");
    let sees = |visibility: Json, city: Json| {
        let feature = feature(&built_in("interventions"), &json!({"visibility": visibility, "city": city}));
        viewers().map(|v| policy.access_scope(&v).admits_feature(&feature))
    };
    assert_eq!(sees(json!("public"), json!("celje")), [true; 6]);
    assert_eq!(sees(json!("partners"), json!("celje")), [false, true, true, true, true, true]);
    assert_eq!(sees(json!("internal"), json!("celje")), [false, false, true, true, false, true]);
    assert_eq!(sees(json!("internal"), json!("cesena")), [false, false, false, false, true, true]);
    for unclear in [sees(Json::Null, json!("celje")), sees(json!("everybody"), json!("celje"))] {
        assert_eq!(unclear, [false, false, true, true, false, true], "what is not said is internal");
    }
    assert_eq!(sees(json!("internal"), Json::Null), [false, false, false, false, false, true]);
}

#[test]
fn a_contribution_is_seen_by_the_public_when_it_is_published() {
    let policy = policy("contributions");
    for (state, seen) in [("published", true), ("pending", false), ("rejected", false)] {
        let feature = feature(&built_in("contributions"), &json!({"state": state, "city": "celje", "kind": "idea"}));
        assert_eq!(policy.access_scope(&Viewer::visitor()).admits_feature(&feature), seen, "{state}");
        assert!(policy.access_scope(&viewers()[3]).admits_feature(&feature), "{state}");
    }
}

#[test]
fn only_moderators_move_the_state_of_a_contribution() {
    let collection = built_in("contributions");
    let policy = policy("contributions");
    let with = |state: &str| feature(&collection, &json!({"city": "celje", "text": "A bench", "state": state}));
    let (pending, published, rejected) = (with("pending"), with("published"), with("rejected"));
    let bare = feature(&collection, &json!({"city": "celje", "text": "A bench"}));
    let may = |role, before: Option<&Feature>, after: Option<&Feature>| {
        policy.may_edit(&Viewer::new("ana", "", role, ["celje"]), before, after, || Ok(true)).is_ok()
    };
    let (pending, published, rejected, bare) = (Some(&pending), Some(&published), Some(&rejected), Some(&bare));
    for (before, after, contributor) in [
        (None, pending, true),
        (None, bare, true),
        (None, published, false),
        (None, rejected, false),
        (pending, pending, true),
        (pending, published, false),
        (pending, rejected, false),
        (rejected, pending, false),
        (rejected, rejected, true),
        (published, published, false),
        (published, pending, false),
        (published, None, true),
        (pending, None, true),
    ] {
        assert_eq!(may(AccessRole::Contributor, before, after), contributor, "{before:?} {after:?}");
        assert!(
            may(AccessRole::Editor, before, after) && may(AccessRole::Admin, before, after),
            "{before:?} {after:?}"
        );
    }
}

#[test]
fn what_is_stripped_has_the_fields_of_the_seen_collection_and_nothing_of_the_others() {
    let policy = policy("interventions");
    let whole = json!({
        "title": "A", "city": "celje", "visibility": "public", "cost": 5.0, "cost_note": "soon", "risks": [{"text": "late"}],
    });
    let given = feature(&built_in("interventions"), &whole);
    let seen = |viewer: &Viewer| {
        let scope = policy.access_scope(viewer);
        let feature = scope.redact_feature(given.clone()).unwrap();
        assert_eq!(feature.values.len(), scope.collection().fields.len());
        let fields = scope.collection().fields.iter().map(|f| f.name.clone());
        fields.zip(feature.values).collect::<std::collections::BTreeMap<_, _>>()
    };
    let [visitor, viewer, local, _, other, admin] = viewers().map(|v| seen(&v));
    assert!(!visitor.contains_key("cost_note") && !visitor.contains_key("risks"));
    assert_eq!(visitor["cost"], FieldValue::Real(5.0));
    assert!(viewer["cost_note"] == FieldValue::text("soon") && !viewer.contains_key("risks"));
    assert!(matches!(local["risks"], FieldValue::Json(_)));
    assert!(other["cost_note"] == FieldValue::text("soon") && other["risks"].is_null(), "the risks of another city");
    assert!(matches!(admin["risks"], FieldValue::Json(_)));
    let schema = policy.access_scope(&Viewer::visitor()).collection().schema.to_string();
    assert!(!schema.contains("cost_note") && !schema.contains("\"risks\""));
}

#[test]
fn whoever_has_the_same_key_sees_the_same_and_the_empty_key_sees_everything() {
    let policy = policy("interventions");
    let keys = viewers().map(|v| policy.scope_key(&v).to_string());
    assert_eq!(keys, ["public", "partners", "partners celje", "partners celje", "partners cesena", ""]);
    for (viewer, key) in viewers().iter().zip(keys) {
        let scope = policy.access_scope(viewer);
        assert_eq!((&**scope.scope_key(), scope.is_unrestricted()), (&*key, key.is_empty()));
    }
    let open = self::policy("segments");
    assert!(viewers().iter().all(|v| open.scope_key(v).is_empty()), "nothing is hidden there");
}

#[test]
fn the_rules_of_the_model_hold_in_a_plan_whose_schema_was_written_without_them() {
    let model = built_in("interventions");
    let mut schema = (*model.schema).clone();
    schema.as_object_mut().unwrap().remove("x-cityheart-visibility");
    schema["properties"]["risks"].as_object_mut().unwrap().remove("x-cityheart-visible-to");
    let old = Arc::new(Collection::from_schema(model.id.clone(), schema).unwrap());
    let policy = Arc::new(Policy::from_collection(&old, Some(&model)));
    let secret = feature(&old, &json!({"visibility": "internal", "city": "celje"}));
    let scope = policy.access_scope(&Viewer::visitor());
    assert!(!scope.admits_feature(&secret) && scope.collection().field_index("risks").is_none());
}

#[test]
fn nothing_that_decides_is_hidden() {
    for collection in PlanModel::load().unwrap().collections() {
        let properties = collection.schema["properties"].as_object().unwrap();
        let rule = &collection.schema["x-cityheart-visibility"];
        let time =
            collection.time.map(|t| [Some(t.start), t.end].map(|at| at.map(|at| collection.fields[at].name.as_str())));
        let everywhere = collection.schema.to_string().matches("x-cityheart-visible-to").count();
        let at_fields = properties.values().filter(|p| p.get("x-cityheart-visible-to").is_some()).count();
        assert_eq!(everywhere, at_fields, "{}: a part of a field cannot be hidden alone", collection.id);
        for (name, property) in properties.iter().filter(|(_, p)| p.get("x-cityheart-visible-to").is_some()) {
            assert!(["partners", "internal"].contains(&property["x-cityheart-visible-to"].as_str().unwrap()), "{name}");
            assert_ne!(rule["property"], name.as_str());
            assert!(property.get("x-ogc-role").is_none() && property.get("x-ogc-collectionId").is_none(), "{name}");
            assert!(time.is_none_or(|t| !t.contains(&Some(name.as_str()))), "{name}");
            let required = collection.schema["required"].as_array().unwrap();
            assert!(!required.contains(&json!(name)), "{name} could not be asked for in a form that may not show it");
        }
    }
}

#[test]
fn who_may_change_what() {
    let collection = built_in("interventions");
    let policy = policy("interventions");
    let celje = feature(&collection, &json!({"city": "celje"}));
    let cesena = feature(&collection, &json!({"city": "cesena"}));
    let nowhere = feature(&collection, &json!({}));
    let may = |before: Option<&Feature>, after: Option<&Feature>, own: bool| {
        viewers().map(|v| match policy.may_edit(&v, before, after, || Ok(own)) {
            Ok(()) => true,
            Err(Error::PermissionDenied(sentence)) => {
                assert!(sentence.ends_with('.'), "{sentence}");
                false
            }
            Err(other) => panic!("{other}"),
        })
    };
    let (none, c, e) = (None, Some(&celje), Some(&cesena));
    assert_eq!(may(none, c, false), [false, false, false, true, false, true], "a new one");
    assert_eq!(may(c, c, false), [false, false, false, false, false, true], "somebody else's");
    assert_eq!(may(c, c, true), [false, false, false, true, false, true], "their own");
    assert_eq!(may(c, none, true), [false, false, false, true, false, true], "its end");
    assert_eq!(may(e, e, false), [false, false, false, false, true, true]);
    assert_eq!(may(e, c, true), [false, false, false, false, false, true], "moved to another city");
    assert_eq!(may(none, Some(&nowhere), true), [false, false, false, false, false, true]);
    let shared = self::policy("indicators");
    let indicator = feature(&built_in("indicators"), &json!({}));
    let may_share = viewers().map(|v| shared.may_edit(&v, None, Some(&indicator), || Ok(true)).is_ok());
    assert_eq!(may_share, [false, false, false, false, false, true]);
    let trees = Arc::new(
        Collection::from_inferred_fields(
            CollectionId::new("trees").unwrap(),
            "Trees",
            cityheart::feature::GeometryTypeSet::NONE,
            &[],
        )
        .unwrap(),
    );
    let imported = Policy::from_collection(&trees, None);
    let tree = feature(&trees, &json!({}));
    let may_plant = viewers().map(|v| imported.may_edit(&v, None, Some(&tree), || Ok(true)).is_ok());
    assert_eq!(may_plant, [false, false, false, true, true, true], "what belongs to no city");
}

#[test]
fn a_feature_belongs_to_an_account_and_to_a_name_only_from_before_accounts_had_ids() {
    use cityheart::access::{ViewerAccount, is_creator};
    use cityheart::change::{AccountId, ChangeAuthor, FeatureCreator};
    let account = |id: &str, since_s| ViewerAccount { id: AccountId::new(id), since_s };
    let bo = |id: &str, since_s| Viewer::new("bo", "", AccessRole::Contributor, []).with_account(account(id, since_s));
    let by = |name: &str, id: Option<&str>| FeatureCreator {
        author: ChangeAuthor { name: name.into(), account: id.map(AccountId::new) },
        at: "2026-01-01T00:00:00.000Z".into(),
    };
    let new_year = 1_767_225_600;
    assert!(is_creator(&bo("1", new_year + 9), &by("bo", Some("1"))));
    assert!(is_creator(&bo("1", 0), &by("robert", Some("1"))), "whatever the login was then");
    assert!(!is_creator(&bo("2", 0), &by("bo", Some("1"))));
    assert!(!is_creator(&Viewer::new("bo", "", AccessRole::Contributor, []), &by("bo", Some("1"))));
    // From before.
    assert!(is_creator(&bo("1", new_year), &by("bo", None)));
    assert!(is_creator(&bo("1", 0), &by("bo", None)), "an account of unknown age");
    assert!(!is_creator(&bo("1", new_year + 1), &by("bo", None)), "the account is younger");
    assert!(!is_creator(&bo("1", 0), &by("ana", None)));
    for program in ["import", "file", "system"] {
        let named = Viewer::new(program, "", AccessRole::Contributor, []).with_account(account("1", 0));
        assert!(!is_creator(&named, &by(program, None)), "{program}");
    }
    assert!(!is_creator(&Viewer::visitor(), &by("a visitor", None)));
}
