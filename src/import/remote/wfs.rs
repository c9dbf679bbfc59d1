//! Web Feature Service, 1.0 to 2.0: what a server offers, and the address that asks for a layer.

use super::web_url::WebUrl;
use crate::collection::DataLicence;
use crate::error::{Error, Result, shorten_text};
use crate::import::gml::GmlSrs;
use crate::import::xml::XmlElement;

/// How many features are asked for at a time.
const PAGE_FEATURES: u64 = 1000;
/// How many layers a sentence names.
const MAX_NAMED: usize = 20;
const LONLAT_URN: &str = "urn:ogc:def:crs:EPSG::4326";

/// What a server offers.
#[derive(Debug, Default)]
pub struct WfsCapabilities {
    /// `2.0.0`
    version: String,
    layers: Vec<WfsLayer>,
    /// Where features are asked for.
    get_feature: Option<String>,
    has_paging: bool,
    /// What the server says of its licence, if anything.
    terms: Option<String>,
}

/// A feature type, as the standard calls it.
#[derive(Debug, Default, Clone)]
pub struct WfsLayer {
    pub name: String,
    pub title: String,
    /// The usual one first.
    crs: Vec<String>,
    formats: Vec<String>,
}

/// The first question for a layer, and how the next ones differ.
#[derive(Debug)]
pub struct WfsQuestion {
    pub url: WebUrl,
    /// The answers are pages: the next question has another `startIndex`.
    pub is_paged: bool,
}

/// Whether an address is that of a WFS.
#[must_use]
pub fn is_wfs(url: &WebUrl) -> bool {
    let named = url.parameter("service").map(|s| s.eq_ignore_ascii_case("wfs"));
    let last = url.path.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    named.unwrap_or(matches!(last.as_str(), "wfs" | "ows"))
}

/// The address that asks what a server offers.
#[must_use]
pub fn capabilities_url(url: &WebUrl) -> WebUrl {
    const OF_FEATURES: [&str; 12] = [
        "version",
        "typenames",
        "typename",
        "count",
        "maxfeatures",
        "startindex",
        "outputformat",
        "srsname",
        "bbox",
        "filter",
        "cql_filter",
        "sortby",
    ];
    let base = OF_FEATURES.iter().fold(url.clone(), |url, name| url.without_parameter(name));
    base.with_parameter("service", "WFS")
        .with_parameter("request", "GetCapabilities")
        .with_parameter("acceptversions", "2.0.0,1.1.0,1.0.0")
}

impl WfsCapabilities {
    /// # Errors
    /// [`Error::Invalid`] when this is no such document.
    pub fn parse(root: &XmlElement, url: &WebUrl) -> Result<Self> {
        if !root.name.eq_ignore_ascii_case("WFS_Capabilities") {
            let sentence =
                format!("This is no WFS: it answers with '{}'. Check the address.", shorten_text(&root.name));
            return Err(Error::invalid(url.to_string(), sentence));
        }
        let mut found = Self { version: root.attribute("version").unwrap_or("2.0.0").to_owned(), ..Self::default() };
        // Servers page unless they say that they do not; of the old versions, only some do.
        found.has_paging = found.version.starts_with('2');
        found.visit(root);
        if found.layers.is_empty() {
            return Err(Error::invalid(url.to_string(), "The WFS offers no layers."));
        }
        Ok(found)
    }

    fn visit(&mut self, element: &XmlElement) {
        match element.name.as_str() {
            "FeatureType" => return self.layers.push(read_layer(element)),
            "Operation" if element.attribute("name") == Some("GetFeature") => {
                self.get_feature = find_get_href(element).or(self.get_feature.take());
            }
            "GetFeature" => self.get_feature = find_get_href(element).or(self.get_feature.take()),
            "Constraint" if element.attribute("name") == Some("ImplementsResultPaging") => {
                let value =
                    element.child_text("DefaultValue").or_else(|| element.child("AllowedValues")?.child_text("Value"));
                self.has_paging = value.is_none_or(|v| !v.eq_ignore_ascii_case("false"));
            }
            "AccessConstraints" | "Fees" if says_something(&element.text) => {
                let text = element.text.trim();
                self.terms =
                    Some(self.terms.take().map_or_else(|| text.to_owned(), |before| format!("{before} {text}")));
            }
            _ => {}
        }
        element.children.iter().for_each(|child| self.visit(child));
    }

    /// The layer to read.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the names of all when none, or no such one, is named.
    pub fn choose_layer(&self, asked: Option<&str>, url: &WebUrl) -> Result<&WfsLayer> {
        let local = |name: &str| name.rsplit(':').next().unwrap_or(name).to_lowercase();
        let is_meant = |layer: &&WfsLayer, asked: &str| {
            layer.name.eq_ignore_ascii_case(asked)
                || (!asked.contains(':') && local(&layer.name) == asked.to_lowercase())
        };
        let found: Vec<&WfsLayer> = match asked {
            Some(asked) => self.layers.iter().filter(|l| is_meant(l, asked)).collect(),
            None => self.layers.iter().collect(),
        };
        if let [layer] = found[..] {
            return Ok(layer);
        }
        let names: Vec<String> = self.layers.iter().take(MAX_NAMED).map(|l| shorten_text(&l.name)).collect();
        let more = if self.layers.len() > MAX_NAMED { ", …" } else { "" };
        let what = match asked {
            Some(asked) if found.is_empty() => format!("The WFS has no layer '{}'", shorten_text(asked)),
            _ => "The WFS has several layers".to_owned(),
        };
        Err(Error::invalid(
            url.to_string(),
            format!("{what}: choose one of {}{more} with --layer NAME.", names.join(", ")),
        ))
    }

    /// The address that asks for a layer; `url` is the one that the caller named, whose other parameters are kept.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the layer is in no reference system that is known here.
    pub fn ask(&self, layer: &WfsLayer, url: &WebUrl, wants_json: bool) -> Result<WfsQuestion> {
        let is_new = self.version.starts_with('2');
        let base = ["acceptversions", "request", "version", "typenames", "typename"]
            .iter()
            .fold(self.base_url(url), |base, name| base.without_parameter(name));
        let name = if is_new { "typeNames" } else { "typeName" };
        let mut asked = base
            .with_parameter("service", "WFS")
            .with_parameter("version", &self.version)
            .with_parameter("request", "GetFeature")
            .with_parameter(name, &layer.name);
        if asked.parameter("srsname").is_none()
            && let Some(crs) = self.choose_crs(layer, url)?
        {
            // In GeoJSON, most servers write longitude first after a plain code, and disagree after a URN.
            let is_urn = crs == LONLAT_URN && wants_json;
            asked = asked.with_parameter("srsName", if is_urn { "EPSG:4326" } else { &crs });
        }
        let json = layer.formats.iter().find(|f| f.to_ascii_lowercase().contains("json"));
        if wants_json && asked.parameter("outputformat").is_none() {
            asked = asked.with_parameter("outputFormat", json.map_or("application/json", String::as_str));
        }
        let is_limited = asked.parameter("count").is_some() || asked.parameter("maxfeatures").is_some();
        let is_paged = self.has_paging && !is_limited;
        if is_paged {
            asked = asked.with_parameter("count", &PAGE_FEATURES.to_string()).with_parameter("startIndex", "0");
        }
        Ok(WfsQuestion { url: asked, is_paged })
    }

    /// Where features are asked for. Many servers name an address there that only they know: one on another host does
    /// not count.
    fn base_url(&self, url: &WebUrl) -> WebUrl {
        let own = self.get_feature.as_deref().and_then(|href| url.join(href).ok());
        let Some(own) = own.filter(|own| own.host == url.host && own.port == url.port) else { return url.clone() };
        let base = WebUrl { path: own.path.clone(), ..url.clone() };
        let pairs = own.query.as_deref().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
        // Its own parameters are written as they are to be sent.
        pairs.fold(
            base,
            |base, (name, value)| {
                if base.parameter(name).is_some() { base } else { base.with_written_parameter(name, value) }
            },
        )
    }

    /// Longitude and latitude where they are offered, or else the layer's own system when that is known; `None` asks
    /// for none.
    fn choose_crs(&self, layer: &WfsLayer, url: &WebUrl) -> Result<Option<String>> {
        let code = |crs: &str| GmlSrs::parse(crs).map(|srs| srs.crs);
        let is_lonlat = |crs: &&String| code(crs).is_some_and(|crs| crs.epsg_code() == Some(4326));
        let offered = layer.crs.iter().find(is_lonlat);
        if let Some(offered) = offered {
            // As a URN, the order of the axes is the authority's, for all servers.
            return Ok(Some(if self.version.starts_with("1.0") { offered.clone() } else { LONLAT_URN.to_owned() }));
        }
        match layer.crs.iter().position(|crs| code(crs).is_some()) {
            Some(0) => Ok(None),
            Some(at) => Ok(Some(layer.crs[at].clone())),
            None if layer.crs.is_empty() => Ok(None),
            None => Err(Error::invalid(
                url.to_string(),
                format!(
                    "The layer '{}' is only offered in reference systems that are not known here: {}. Convert it first with ogr2ogr.",
                    layer.name,
                    layer.crs.iter().take(5).cloned().collect::<Vec<_>>().join(", ")
                ),
            )),
        }
    }

    /// What the server says of the licence of a layer.
    #[must_use]
    pub fn licence(&self, layer: &WfsLayer, url: &WebUrl) -> Option<DataLicence> {
        let licence = DataLicence::from_text(self.terms.as_deref()?);
        let title = if layer.title.is_empty() { &layer.name } else { &layer.title };
        let attribution =
            format!("{title} ({}), {}", url.host, licence.attribution.chars().take(300).collect::<String>());
        Some(DataLicence { attribution, ..licence })
    }
}

/// The question for what comes behind so many features.
#[must_use]
pub fn page_behind(url: &WebUrl, features: u64) -> WebUrl {
    url.with_parameter("startIndex", &features.to_string())
}

fn read_layer(element: &XmlElement) -> WfsLayer {
    let texts = |names: &'static [&str]| {
        let named = element.children.iter().filter(move |c| names.contains(&c.name.as_str()));
        named.map(|c| c.text.trim().to_owned()).filter(|t| !t.is_empty())
    };
    let formats = element.child("OutputFormats").into_iter().flat_map(|f| &f.children);
    WfsLayer {
        name: element.child_text("Name").unwrap_or_default().to_owned(),
        title: element.child_text("Title").unwrap_or_default().to_owned(),
        crs: texts(&["DefaultCRS", "DefaultSRS", "SRS"]).chain(texts(&["OtherCRS", "OtherSRS"])).collect(),
        formats: formats.map(|f| f.text.trim().to_owned()).collect(),
    }
}

fn find_get_href(element: &XmlElement) -> Option<String> {
    if element.name == "Get" {
        return element.attribute("href").or_else(|| element.attribute("onlineResource")).map(str::to_owned);
    }
    element.children.iter().find_map(find_get_href)
}

/// Whether terms are more than the words by which servers say that they have none, or have not been filled in.
fn says_something(text: &str) -> bool {
    let plain = text.trim().to_lowercase();
    let empty =
        ["", "none", "no", "keine", "aucun", "aucune", "nessuno", "ni", "brez", "none.", "unknown", "n/a", "-", "0"];
    !empty.contains(&plain.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::xml::{XmlStream, XmlTag};

    fn parse(text: &str) -> Result<WfsCapabilities> {
        let mut xml = XmlStream::new(Box::new(std::io::Cursor::new(text.to_owned().into_bytes())), None).unwrap();
        let XmlTag::Open(root) = xml.next_tag().unwrap() else { panic!("no root") };
        WfsCapabilities::parse(&xml.read_element(root).unwrap(), &url("https://a.si/wfs"))
    }

    fn url(text: &str) -> WebUrl {
        WebUrl::parse(text).unwrap()
    }

    const OFFERED: &str = r#"<wfs:WFS_Capabilities version="2.0.0" xmlns:xlink="x"><ows:ServiceIdentification><ows:Fees>NONE</ows:Fees>
        <ows:AccessConstraints>CC BY 4.0</ows:AccessConstraints></ows:ServiceIdentification><ows:OperationsMetadata>
        <ows:Operation name="GetFeature"><ows:DCP><ows:HTTP><ows:Get xlink:href="http://inner:8080/geoserver/wfs"/></ows:HTTP></ows:DCP></ows:Operation>
        </ows:OperationsMetadata><FeatureTypeList><FeatureType><Name>si:trees</Name><Title>Trees</Title><DefaultCRS>urn:ogc:def:crs:EPSG::3794</DefaultCRS>
        <OtherCRS>urn:ogc:def:crs:EPSG::4326</OtherCRS></FeatureType><FeatureType><Name>si:parks</Name><DefaultCRS>urn:ogc:def:crs:EPSG::3794</DefaultCRS>
        </FeatureType></FeatureTypeList></wfs:WFS_Capabilities>"#;

    #[test]
    fn a_layer_is_asked_for_in_degrees_where_they_are_offered() {
        let offered = parse(OFFERED).unwrap();
        let at = url("https://a.si/wfs?map=m&REQUEST=GetCapabilities&service=wfs");
        let trees = offered.choose_layer(Some("TREES"), &at).unwrap();
        let asked = offered.ask(trees, &at, false).unwrap();
        assert!(asked.is_paged);
        assert_eq!(
            asked.url.to_string(),
            "https://a.si/wfs?map=m&service=WFS&version=2.0.0&request=GetFeature&typeNames=si:trees&srsName=urn:ogc:def:crs:EPSG::4326&count=1000&startIndex=0"
        );
        let parks = offered.choose_layer(Some("si:parks"), &at).unwrap();
        assert_eq!(offered.ask(parks, &at, false).unwrap().url.parameter("srsname"), None);
        assert_eq!(offered.licence(trees, &at).unwrap().attribution, "Trees (a.si), CC BY 4.0");
        let several = offered.choose_layer(None, &at).unwrap_err().to_string();
        assert!(several.contains("choose one of si:trees, si:parks with --layer"), "{several}");
        assert!(offered.choose_layer(Some("roads"), &at).is_err());
    }

    #[test]
    fn what_is_no_wfs_or_in_unknown_systems_is_refused() {
        assert!(parse("<html/>").unwrap_err().to_string().contains("no WFS"));
        assert!(parse(r#"<WFS_Capabilities version="1.1.0"/>"#).unwrap_err().to_string().contains("no layers"));
        let foreign = OFFERED.replace("EPSG::3794", "EPSG::1");
        let offered = parse(&foreign).unwrap();
        let parks = offered.choose_layer(Some("parks"), &url("https://a.si/wfs")).unwrap();
        assert!(
            offered.ask(parks, &url("https://a.si/wfs"), false).unwrap_err().to_string().contains("not known here")
        );
        assert!(is_wfs(&url("https://a.si/geoserver/ows")) && is_wfs(&url("https://a.si/cgi?SERVICE=WFS")));
        assert!(!is_wfs(&url("https://a.si/wfs?service=WMS")) && !is_wfs(&url("https://a.si/trees.geojson")));
    }
}
