//! HTML pages: every resource of the API, readable without a script. The templates escape all text that comes from
//! outside.

use super::link::WebLink;
use super::urls::BaseUrl;
use maud::{Markup, PreEscaped, html};

mod pages;
mod values;

pub use pages::*;
pub use values::ValueRenderer;

pub const MEDIA: &str = "text/html; charset=utf-8";

/// The style of every page, which stands in the page; its content security policy allows it by its hash.
pub const STYLE: &str = include_str!("style.css");

/// A page: its title, a sentence below it, the pages above it, and its content.
pub struct HtmlPage {
    title: String,
    lead: String,
    breadcrumbs: Vec<(String, String)>,
    main: Markup,
    viewer: Option<ApiViewer>,
}

/// The interactive view of an API definition (Swagger UI, from its npm package): its files and the definition, as
/// addresses.
pub struct ApiViewer {
    pub folder: String,
    pub definition: String,
}

impl ApiViewer {
    /// A file of the viewer that is there if the web app was built.
    pub const FILE: &str = "api-viewer/swagger-ui-bundle.js";

    fn render_head(&self) -> Markup {
        let Self { folder, definition } = self;
        html! {
            link rel="stylesheet" href={ (folder) "/swagger-ui.css" };
            link rel="stylesheet" href={ (folder) "/style.css" };
            script defer src={ (folder) "/swagger-ui-bundle.js" } {}
            script defer src={ (folder) "/start.js" } data-definition=(definition) {}
        }
    }
}

impl HtmlPage {
    pub fn new(title: &str, lead: &str) -> Self {
        Self {
            title: title.to_owned(),
            lead: lead.to_owned(),
            breadcrumbs: vec![],
            main: Markup::default(),
            viewer: None,
        }
    }

    /// Adds a page above this one.
    pub fn with_breadcrumb(mut self, title: &str, href: String) -> Self {
        self.breadcrumbs.push((title.to_owned(), href));
        self
    }

    pub fn with_main(self, main: Markup) -> Self {
        Self { main, ..self }
    }

    /// Shows the viewer instead of the content where scripts run.
    pub fn with_api_viewer(self, viewer: Option<ApiViewer>) -> Self {
        Self { viewer, ..self }
    }

    /// Whether the page runs the viewer's scripts.
    pub fn has_api_viewer(&self) -> bool {
        self.viewer.is_some()
    }

    pub fn render(&self, base: &BaseUrl, alternates: &[WebLink]) -> String {
        let head = html! {
            @for link in alternates.iter().filter(|l| matches!(l.rel, "self" | "alternate" | "next")) {
                link rel=(if link.rel == "self" { "canonical" } else { link.rel }) href=(link.href) type=(link.media);
                "\n"
            }
        };
        let breadcrumbs = html! {
            nav aria-label="Breadcrumbs" {
                a href=(base.with_path("/")) { "Map" }
                @for (title, href) in &self.breadcrumbs { " " a href=(href) { (title) } }
            }
        };
        let foot = html! {
            @for link in alternates.iter().filter(|l| l.rel == "alternate") {
                p { "For programs: " a href=(link.href) { (link.title.as_deref().unwrap_or(link.media)) } }
            }
        };
        self.render_shell(&head, &breadcrumbs, &foot)
    }

    fn render_shell(&self, head: &Markup, breadcrumbs: &Markup, foot: &Markup) -> String {
        let title =
            if self.title == "cityheart" { self.title.clone() } else { format!("{} – cityheart", self.title) };
        let page = html! {
            (PreEscaped("<!doctype html>\n"))
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (title) }
                    (head)
                    style { (PreEscaped(STYLE)) }
                    @if let Some(viewer) = &self.viewer { (viewer.render_head()) }
                }
                body {
                    header { b { "cityheart" } " " (breadcrumbs) }
                    main {
                        h1 { (self.title) }
                        @if !self.lead.is_empty() { p.lead { (self.lead) } }
                        @if self.viewer.is_some() {
                            div #api-operations { (self.main) }
                            div #api-viewer hidden {}
                        } @else {
                            (self.main)
                        }
                    }
                    footer { (foot) }
                }
            }
            "\n"
        };
        page.into_string()
    }

    /// A page outside of the API's tree: without links to other forms of it.
    fn render_alone(&self) -> String {
        let none = Markup::default();
        self.render_shell(&none, &none, &none)
    }
}

/// The page of an error, with the id that the log knows the request by, if it does.
pub fn render_problem(status: u16, title: &str, sentence: &str, home: &str, request: Option<&str>) -> String {
    let main = html! {
        p { (sentence) }
        p { a href=(home) { "To the start of the API" } }
        @if let Some(id) = request { p.none { "Request " code { (id) } } }
    };
    HtmlPage::new(&format!("{title} ({status})"), "").with_main(main).render_alone()
}

/// The page at `/` of a binary without the web app.
pub fn render_missing_app() -> String {
    let main = html! {
        p {
            "This binary was compiled without the web app, so there is no map. The API is at "
            a href="api?f=html" { "/api" } "."
        }
        h2 { "Build the web app" }
        pre { "make build" }
        p { "If the web app is already built, start the server with its folder:" }
        pre { "cityheart serve PLAN.gpkg --web web/dist" }
    };
    HtmlPage::new("The map is not built yet", "").with_main(main).render_alone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_become_markup() {
        let page =
            render_problem(404, "Not <i>found", "<script>alert('1')</script> & more", "\"><script>", Some("<i>"));
        assert!(page.contains("<p>&lt;script&gt;alert('1')&lt;/script&gt; &amp; more</p>"), "{page}");
        assert!(page.contains("<h1>Not &lt;i&gt;found (404)</h1>"), "{page}");
        assert!(page.contains("<a href=\"&quot;&gt;&lt;script&gt;\">"), "{page}");
        assert_eq!(page.matches("<script").count(), 0);
    }
}
