//! One catalogue for programs, one page for people, and they say the same.

use api::problem::CATALOGUE;

#[test]
fn the_page_is_the_catalogue() {
    let page = include_str!("../../docs/problems.md");
    let rows = page.lines().filter_map(|line| {
        let cells: Vec<_> = line.strip_prefix("| ")?.split(" | ").collect();
        let [status, code, title, _] = cells[..] else { return None };
        Some((status.parse::<u16>().ok()?, code.trim_matches('`').to_owned(), title.to_owned()))
    });
    let catalogue = CATALOGUE.iter().map(|kind| (kind.status, kind.code.to_owned(), kind.title.to_owned()));
    assert_eq!(rows.collect::<Vec<_>>(), catalogue.collect::<Vec<_>>());
}

/// A code that the catalogue does not know would be answered with the title of its class only.
#[test]
fn every_code_of_the_domain_is_in_the_catalogue() {
    let mut unknown = Vec::new();
    let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../domain/src"))];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                unknown.extend(
                    codes(&text)
                        .filter(|code| api::problem::Kind::of_code(code).is_none())
                        .map(|code| format!("{code} in {}", path.display())),
                );
            }
        }
    }
    assert!(unknown.is_empty(), "add to api/src/problem/catalogue.rs and docs/problems.md:\n{}", unknown.join("\n"));
}

/// The texts inside the bodies of `fn code`.
fn codes(text: &str) -> impl Iterator<Item = &str> {
    text.split("fn code(&self) -> &'static str {").skip(1).flat_map(|rest| {
        let body = rest.split("\n    }").next().unwrap_or_default();
        body.split('"').skip(1).step_by(2)
    })
}
