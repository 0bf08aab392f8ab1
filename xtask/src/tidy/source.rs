//! What the Rust sources may say: no clock, sockets, threads or chance below the engine; `unsafe` only in its rooms; no
//! `cfg` on the packet path.

use std::fs;
use std::path::Path;

use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use super::Finding;
use super::packages::{Floor, Package};
use crate::process::{Outcome, command, take};

/// Crates that may hold `unsafe`; every block says why it is sound (clippy's `undocumented_unsafe_blocks`).
const UNSAFE_ROOMS: &[&str] = &["crates/net/", "crates/codec/"];

/// Paths that ask the machine instead of being told, by the names they end in or hold.
const ASKING: &[&[&str]] = &[
    &["Instant", "now"],
    &["SystemTime", "now"],
    &["std", "thread"],
    &["std", "fs"],
    &["std", "env"],
    &["std", "process"],
    &["TcpListener"],
    &["TcpStream"],
    &["UdpSocket"],
    &["getrandom"],
    &["from_os_rng"],
    &["thread_rng"],
    &["tokio"],
];

/// A Rust file, read once for all checks.
pub(crate) struct Source {
    /// From the root of the checkout.
    pub(crate) path: String,
    pub(crate) lines: usize,
    pub(crate) functions: Vec<Function>,
    asks: Vec<Place>,
    unsafes: Vec<Place>,
    cfgs: Vec<Place>,
}

/// A function and how long it is, its signature and braces included.
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) lines: usize,
}

struct Place {
    line: usize,
    what: String,
}

/// Reads every Rust file that git knows or would know.
pub(crate) fn read(root: &Path) -> Outcome<Vec<Source>> {
    files(root, &[".rs"])?.into_iter().map(|path| read_one(root, path)).collect()
}

/// Files by their endings, from the root of the checkout; not those that are deleted.
pub(crate) fn files(root: &Path, endings: &[&str]) -> Outcome<Vec<String>> {
    let listed =
        take(command("git", &["ls-files", "--cached", "--others", "--exclude-standard"]).current_dir(root))?;
    let is_wanted =
        |path: &&str| endings.iter().any(|ending| path.ends_with(ending)) && root.join(path).is_file();
    Ok(listed.lines().filter(is_wanted).map(str::to_owned).collect())
}

fn read_one(root: &Path, path: String) -> Outcome<Source> {
    let text = fs::read_to_string(root.join(&path)).map_err(|error| format!("{path}: {error}"))?;
    let file = syn::parse_file(&text).map_err(|error| format!("{path}: {error}"))?;
    let mut reader = Reader::default();
    reader.visit_file(&file);
    let Reader { functions, asks, unsafes, cfgs } = reader;
    Ok(Source { lines: text.lines().count(), path, functions, asks, unsafes, cfgs })
}

pub(crate) fn check(packages: &[Package], sources: &[Source]) -> Vec<Finding> {
    sources.iter().flat_map(|source| check_one(source, floor_of(packages, &source.path))).collect()
}

fn check_one(source: &Source, floor: Option<Floor>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut find = |places: &[Place], why: &str| {
        findings.extend(places.iter().map(|place| {
            Finding::new(format!("{}:{}", source.path, place.line), format!("{}: {why}", place.what))
        }));
    };
    let is_test = source.path.contains("/tests/")
        || source.path.ends_with("tests.rs")
        || source.path.contains("/benches/");
    if matches!(floor, Some(Floor::Numbered(0..=2))) && !is_test {
        find(&source.asks, "floors 0 to 2 are told everything");
    }
    if !UNSAFE_ROOMS.iter().any(|room| source.path.starts_with(room)) {
        find(&source.unsafes, "unsafe lives in net and codec");
    }
    if matches!(floor, Some(Floor::Numbered(0..=3))) {
        find(&source.cfgs, "no feature flag and no cfg(sim) on the packet path");
    }
    findings
}

fn floor_of(packages: &[Package], path: &str) -> Option<Floor> {
    let folder = |package: &&Package| {
        package.folder.ends_with(path.splitn(3, '/').take(2).collect::<Vec<_>>().join("/"))
    };
    packages.iter().find(folder).and_then(|package| package.floor)
}

#[derive(Default)]
struct Reader {
    functions: Vec<Function>,
    asks: Vec<Place>,
    unsafes: Vec<Place>,
    cfgs: Vec<Place>,
}

impl Reader {
    fn function(&mut self, name: &syn::Ident, span: proc_macro2::Span) {
        let lines = span.end().line + 1 - span.start().line;
        self.functions.push(Function { name: name.to_string(), lines });
    }

    fn found_unsafe(&mut self, span: proc_macro2::Span) {
        self.unsafes.push(Place { line: span.start().line, what: "unsafe".to_owned() });
    }

    fn path(&mut self, names: &[String], line: usize) {
        let holds = |asking: &&&[&str]| names.windows(asking.len()).any(|window| window == **asking);
        if ASKING.iter().any(|asking| holds(&asking)) {
            self.asks.push(Place { line, what: names.join("::") });
        }
    }

    /// Each path that a `use` tree brings in.
    fn use_tree(&mut self, before: &[String], tree: &syn::UseTree) {
        let mut names = before.to_vec();
        match tree {
            syn::UseTree::Path(path) => {
                names.push(path.ident.to_string());
                self.use_tree(&names, &path.tree);
            }
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| self.use_tree(&names, item)),
            syn::UseTree::Name(name) => {
                names.push(name.ident.to_string());
                self.path(&names, name.ident.span().start().line);
            }
            syn::UseTree::Rename(rename) => {
                names.push(rename.ident.to_string());
                self.path(&names, rename.ident.span().start().line);
            }
            syn::UseTree::Glob(glob) => self.path(&names, glob.span().start().line),
        }
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.function(&item.sig.ident, item.span());
        if item.sig.unsafety.is_some() {
            self.found_unsafe(item.sig.span());
        }
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.function(&item.sig.ident, item.span());
        if item.sig.unsafety.is_some() {
            self.found_unsafe(item.sig.span());
        }
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_expr_unsafe(&mut self, expression: &'ast syn::ExprUnsafe) {
        self.found_unsafe(expression.span());
        visit::visit_expr_unsafe(self, expression);
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        if let Some(word) = item.unsafety {
            self.found_unsafe(word.span());
        }
        visit::visit_item_impl(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        // Unit tests take a first instant from the machine; all later ones are made from it.
        if !item.attrs.iter().any(is_cfg_test) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.use_tree(&[], &item.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.path(&names, path.span().start().line);
        visit::visit_path(self, path);
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        let is_cfg = attribute.path().is_ident("cfg") || attribute.path().is_ident("cfg_attr");
        if is_cfg && let Ok(list) = attribute.meta.require_list() {
            let words = list.tokens.to_string();
            if words.contains("feature") || words.contains("sim") {
                self.cfgs.push(Place { line: attribute.span().start().line, what: format!("cfg({words})") });
            }
        }
    }
}

fn is_cfg_test(attribute: &syn::Attribute) -> bool {
    attribute.path().is_ident("cfg")
        && attribute.meta.require_list().is_ok_and(|list| list.tokens.to_string() == "test")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(text: &str) -> Reader {
        let mut reader = Reader::default();
        reader.visit_file(&syn::parse_file(text).expect("the test's source is Rust"));
        reader
    }

    #[test]
    fn asking_for_the_time_is_seen_however_it_is_written() {
        assert_eq!(reader("fn f() { std::time::Instant::now(); }").asks.len(), 1);
        assert_eq!(reader("use std::{net::UdpSocket, time::Instant};").asks.len(), 1);
        assert_eq!(reader("use std::thread; fn f() {}").asks.len(), 1);
        assert_eq!(reader("fn f(now: std::time::Instant) {}").asks.len(), 0);
        assert_eq!(reader("#[cfg(test)] mod tests { fn f() { Instant::now(); } }").asks.len(), 0);
    }

    #[test]
    fn unsafe_and_flags_are_seen() {
        assert_eq!(reader("fn f() { unsafe { g() } }").unsafes.len(), 1);
        assert_eq!(reader("unsafe impl Send for X {}").unsafes.len(), 1);
        assert_eq!(reader("#[cfg(feature = \"x\")] fn f() {}").cfgs.len(), 1);
    }
}
