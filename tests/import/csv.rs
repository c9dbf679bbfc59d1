//! Tables as spreadsheets write them.

use crate::support::importing::Job;
use cityheart::collection::FieldType;
use cityheart::export::{ExportFormat, ExportWriter};
use cityheart::feature::{FieldValue, Geometry, GeometryTypeSet};
use geo_types::Point;

fn places(text: &str) -> Vec<Option<(f64, f64)>> {
    let read = Job::csv(text).read();
    assert_eq!(read.report.findings.details, [], "{text}");
    let place = |g: &Geometry| match g {
        Geometry::Point(Point(c)) => (c.x, c.y),
        other => panic!("{other:?}"),
    };
    read.features.iter().map(|f| f.geometry.as_ref().map(place)).collect()
}

#[test]
fn places_are_found_by_the_usual_names_in_any_dialect() {
    let celje = [Some((15.2675, 46.2311))];
    for text in [
        "id,lon,lat\na,15.2675,46.2311\n",
        "id,LAT,LON\r\na,46.2311,15.2675\r\n",
        "id;Longitude;Latitude\na; 15.2675 ;46.2311",
        "id\tx\ty\na\t15.2675\t46.2311\n",
        "\u{feff}\"id\";\"lng\";\"lat\"\r\n\"a\";\"15.2675\";\"46.2311\"\r\n",
        "sep=;\r\nid;lon;lat\r\na;15.2675;46.2311\r\n",
        "id,WKT\na,POINT(15.2675 46.2311)\n",
        "id,geom,lon,lat\na,SRID=4326;point z (15.2675 46.2311 240),1,2\n",
        "\n\nid,longitud,latitud\na,15.2675,46.2311\n",
    ] {
        assert_eq!(places(text), celje, "{text}");
    }
    assert_eq!(places("id,lon,lat\na,,\nb,1,2\n"), [None, Some((1.0, 2.0))], "both empty is no place");
}

#[test]
fn cells_are_read_as_the_narrowest_kind_of_their_column() {
    let text = "id,n,r,b,d,code,note,list,gap\na,1,1.5,true,2026-01-31,007,\"two\nlines, one cell\",\"[1,2]\",\nb,-2,3,FALSE,,12,,[],\n";
    let read = Job::csv(text).read();
    let findings: Vec<_> = read.report.findings.by_kind.iter().map(|(kind, count)| (*kind, *count)).collect();
    assert_eq!(findings, [("no-place", 1)]);
    let kinds: Vec<_> = read.collection.fields.iter().map(|f| f.kind).collect();
    assert_eq!(
        kinds,
        [
            FieldType::Integer,
            FieldType::Real,
            FieldType::Boolean,
            FieldType::Date,
            FieldType::Text,
            FieldType::Text,
            FieldType::Json,
            FieldType::Text
        ]
    );
    let first = &read.features[0];
    assert_eq!(first.id.as_str(), "a");
    assert_eq!(first.values[4], FieldValue::text("007"), "a code keeps its zeros");
    assert_eq!(first.values[5], FieldValue::text("two\nlines, one cell"));
    assert_eq!(first.values[7], FieldValue::Null);
    assert_eq!(read.features[1].values[1], FieldValue::Real(3.0));
    assert_eq!(read.collection.geometry, GeometryTypeSet::ANY, "a place may come later");
}

#[test]
fn rows_of_the_plans_own_collections_are_read_by_their_schema() {
    let text = "id;title;city;types;start;cost;lon;lat\n\
        celje-x;Nova ulica;celje;pedestrianisation; ;\"1250000,50\";15.26;46.23\n";
    let mut job = Job::csv(text);
    job.into = "interventions";
    let refused = job.read();
    let question = refused.report.findings.first_error().unwrap().to_string();
    let asked = "--set kind=VALUE --set status=VALUE --set location_precision=VALUE --set visibility=VALUE";
    assert!(refused.result.is_err() && question.contains(asked), "{question}");
    let set =
        [("kind", "hard_investment"), ("status", "idea"), ("location_precision", "exact"), ("visibility", "public")];
    job.options.answers.set = set.map(|(field, value)| (field.to_owned(), value.to_owned())).to_vec();
    let read = job.read();
    assert_eq!(read.report.findings.details, []);
    let value = |field: &str| read.features[0].values[read.collection.field_index(field).unwrap()].clone();
    assert_eq!(value("cost"), FieldValue::Real(1_250_000.5), "a decimal comma is read");
    assert_eq!(value("start"), FieldValue::Null, "a blank is no date");
    assert_eq!(value("status"), FieldValue::text("idea"));
}

#[test]
fn a_list_may_be_json_or_items_between_semicolons() {
    let listed = |cell: &str| {
        let text = format!("id,class,city,sources,lon,lat\ncelje-park,park,celje,{cell},15.26,46.23\n");
        let mut job = Job::csv(&text);
        job.into = "facilities";
        let read = job.read();
        assert_eq!(read.report.findings.details, [], "{text}");
        read.features[0].values[read.collection.field_index("sources").unwrap()].to_json()
    };
    let two = serde_json::json!(["https://a.example", "https://b.example"]);
    assert_eq!(listed("https://a.example; https://b.example"), two);
    assert_eq!(listed("\"[\"\"https://a.example\"\",\"\"https://b.example\"\"]\""), two);
    assert_eq!(listed(""), serde_json::Value::Null);
}

#[test]
fn formulas_are_written_with_a_quote_and_read_without_it() {
    let texts = ["=1+1", "+44 20", "-x", "@SUM(A1)", "'=quoted", "''@twice", "'s-Hertogenbosch", "plain"];
    let rows: Vec<String> = texts.iter().map(|t| serde_json::json!({ "t": t }).to_string()).collect();
    let first =
        Job::new(&crate::support::importing::collection_of(&rows.iter().map(String::as_str).collect::<Vec<_>>()))
            .read();
    let mut writer = ExportWriter::new(vec![], &first.collection, ExportFormat::Csv).unwrap();
    first.features.iter().for_each(|f| writer.write_feature(f).unwrap());
    let bytes = writer.finish().unwrap().1;
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert!(
        text.contains(",'=1+1,\r\n") && text.contains(",'s-Hertogenbosch,\r\n") && text.contains(",''=quoted,\r\n"),
        "{text}"
    );
    let cells = text.lines().skip(1).filter_map(|line| line.split(',').nth(1));
    assert!(cells.into_iter().all(|cell| !cell.trim_matches('"').starts_with(['=', '+', '-', '@'])), "{text}");
    let second = Job::from_bytes("x.csv", &bytes).read();
    let read: Vec<_> = second.features.iter().map(|f| f.values[0].clone()).collect();
    assert_eq!(read, texts.map(FieldValue::text));
}

#[test]
fn a_quote_that_is_never_closed_does_not_eat_the_memory() {
    let text = format!("id,name\na,\"{}", "x".repeat(70 << 20));
    let mut job = Job::csv(&text);
    job.present = Some(Job::csv("id,name\na,b\n").read().collection);
    let refused = job.read().result.unwrap_err().to_string();
    assert!(refused.contains("perhaps because a quote is not closed"), "{refused}");
}
