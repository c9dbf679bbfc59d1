//! Pages for people: every resource of the API, readable without a script. Text from outside is always escaped, because the only
//! way into a page for it is [`HtmlFragment::text`].

use super::link::WebLink;
use super::urls::BaseUrl;
use std::fmt::Display;

mod pages;
mod values;

pub use pages::*;
pub use values::ValueRenderer;

pub const MEDIA: &str = "text/html; charset=utf-8";

const STYLE: &str = include_str!("style.css");
/// Nothing is loaded, nothing runs, no other site may frame it.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'self'";

/// HTML that is being written.
#[derive(Default)]
pub struct HtmlFragment(String);

impl HtmlFragment {
    /// Markup of ours.
    pub fn raw(mut self, markup: &'static str) -> Self {
        self.0.push_str(markup);
        self
    }

    /// Anything else.
    pub fn text(mut self, text: impl Display) -> Self {
        for c in text.to_string().chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                c => self.0.push(c),
            }
        }
        self
    }

    pub fn link(self, href: &str, text: impl Display) -> Self {
        self.raw("<a href=\"").text(href).raw("\">").text(text).raw("</a>")
    }

    pub fn append(mut self, other: &Self) -> Self {
        self.0.push_str(&other.0);
        self
    }

    /// One after the other.
    pub fn append_each<T>(self, all: impl IntoIterator<Item = T>, write: impl Fn(Self, T) -> Self) -> Self {
        all.into_iter().fold(self, write)
    }
}

/// A page: where it stands, what it is called, what it says.
pub struct HtmlPage {
    title: String,
    lead: String,
    breadcrumbs: Vec<(String, String)>,
    main: HtmlFragment,
}

impl HtmlPage {
    pub fn new(title: &str, lead: &str) -> Self {
        Self { title: title.to_owned(), lead: lead.to_owned(), breadcrumbs: vec![], main: HtmlFragment::default() }
    }

    /// A page above this one.
    pub fn with_breadcrumb(mut self, title: &str, href: String) -> Self {
        self.breadcrumbs.push((title.to_owned(), href));
        self
    }

    pub fn with_main(self, main: HtmlFragment) -> Self {
        Self { main, ..self }
    }

    pub fn render(&self, base: &BaseUrl, alternates: &[WebLink]) -> String {
        let links = alternates.iter().filter(|l| matches!(l.rel, "self" | "alternate" | "next"));
        let head = HtmlFragment::default().append_each(links, |h, l| {
            let rel = if l.rel == "self" { "canonical" } else { l.rel };
            h.raw("<link rel=\"").text(rel).raw("\" href=\"").text(&l.href).raw("\" type=\"").text(l.media).raw("\">\n")
        });
        let nav = HtmlFragment::default()
            .raw("<b>cityheart</b> <nav aria-label=\"Where this is\">")
            .link(&base.with_path("/"), "Map")
            .append_each(&self.breadcrumbs, |h, (title, href)| h.raw(" ").link(href, title));
        let foot = HtmlFragment::default().append_each(alternates.iter().filter(|l| l.rel == "alternate"), |h, l| {
            h.raw("<p>For programs: ").link(&l.href, l.title.as_deref().unwrap_or(l.media)).raw("</p>")
        });
        self.render_shell(&head, &nav.raw("</nav>"), &foot)
    }

    fn render_shell(&self, head: &HtmlFragment, nav: &HtmlFragment, foot: &HtmlFragment) -> String {
        let lead = HtmlFragment::default().raw("<p class=\"lead\">").text(&self.lead).raw("</p>\n");
        let title =
            if self.title == "cityheart" { self.title.clone() } else { format!("{} – cityheart", self.title) };
        HtmlFragment::default()
            .raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
            .raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
            .raw("<meta http-equiv=\"Content-Security-Policy\" content=\"")
            .raw(POLICY)
            .raw("\">\n<title>")
            .text(title)
            .raw("</title>\n")
            .append(head)
            .raw("<style>")
            .raw(STYLE)
            .raw("</style>\n</head>\n<body>\n<header>")
            .append(nav)
            .raw("</header>\n<main>\n<h1>")
            .text(&self.title)
            .raw("</h1>\n")
            .append(if self.lead.is_empty() { EMPTY } else { &lead })
            .append(&self.main)
            .raw("\n</main>\n<footer>")
            .append(foot)
            .raw("</footer>\n</body>\n</html>\n")
            .0
    }
}

const EMPTY: &HtmlFragment = &HtmlFragment(String::new());

/// The page of an error.
pub fn render_problem(status: u16, title: &str, sentence: &str, home: &str) -> String {
    let main = HtmlFragment::default()
        .raw("<p>")
        .text(sentence)
        .raw("</p><p>")
        .link(home, "To the start of the API")
        .raw("</p>");
    let nav = HtmlFragment::default().raw("<b>cityheart</b>");
    HtmlPage::new(&format!("{title} ({status})"), "").with_main(main).render_shell(EMPTY, &nav, EMPTY)
}

/// What stands at `/` when there is no web app in the binary.
pub fn render_missing_app() -> String {
    let main = HtmlFragment::default()
        .raw("<p>The map is not in this binary, because the web app was not built before it. The API is there: ")
        .raw("<a href=\"api?f=html\">/api</a>.</p>\n<h2>Build it</h2>\n<pre>make build</pre>\n")
        .raw("<p>or, when the web app is built already, point to it:</p>\n<pre>cityheart serve PLAN.gpkg --web web/dist</pre>");
    HtmlPage::new("The map is not built yet", "").with_main(main).render_shell(
        EMPTY,
        &HtmlFragment::default().raw("<b>cityheart</b>"),
        EMPTY,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_become_markup() {
        let html = HtmlFragment::default().text("<b a='1' b=\"2\">&").0;
        assert_eq!(html, "&lt;b a=&#39;1&#39; b=&quot;2&quot;&gt;&amp;");
        assert!(
            render_problem(404, "Not Found", "<script>alert(1)</script>", "\"><script>").matches("<script").count()
                == 0
        );
    }
}
