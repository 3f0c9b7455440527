//! The metrics that the program records, and those that the dashboard shows.

use std::collections::BTreeSet;

use super::source::{Source, root, sources};

/// What Prometheus adds to the name of a histogram.
const OF_A_HISTOGRAM: [&str; 3] = ["_bucket", "_sum", "_count"];

/// Every name that product code hands to `counter!`, `gauge!` or `histogram!`.
pub fn recorded() -> BTreeSet<String> {
    let sources = sources();
    let product = sources.iter().filter(|source| source.path.contains("/src/") && !source.path.starts_with("testkit/"));
    product.flat_map(recorded_in).collect()
}

fn recorded_in(source: &Source) -> Vec<String> {
    let calls = ["metrics::counter!(", "metrics::gauge!(", "metrics::histogram!("];
    let arguments =
        calls.iter().flat_map(|call| source.text.split(call).skip(1)).map(|rest| rest.split([',', ')']).next().unwrap_or_default());
    let name = |argument: &str| {
        let constant = format!("const {argument}: &str = \"");
        let value = argument.strip_prefix('"').or_else(|| source.text.split_once(&constant).map(|(_, value)| value));
        let name = value.and_then(|value| value.split('"').next());
        name.unwrap_or_else(|| panic!("{}: the name of the metric {argument} is no constant of its file", source.path)).to_owned()
    };
    arguments.map(name).collect()
}

/// Every metric in the expressions of `ops/grafana/tallyman.json`.
pub fn shown() -> BTreeSet<String> {
    let text = std::fs::read_to_string(root().join("ops/grafana/tallyman.json")).expect("the dashboard is there");
    let dashboard: serde_json::Value = serde_json::from_str(&text).expect("the dashboard is JSON");
    let panels = dashboard["panels"].as_array().expect("it has panels").iter();
    let targets = panels.flat_map(|panel| panel["targets"].as_array().expect("a panel has targets"));
    targets.flat_map(|target| named_in(target["expr"].as_str().expect("a target has an expression"))).collect()
}

/// The words of a `PromQL` expression that are neither a function, nor a label, nor `by`.
fn named_in(expression: &str) -> Vec<String> {
    let mut plain = expression.to_owned();
    for (open, close) in [("{", '}'), ("[", ']'), ("by (", ')')] {
        while let Some(from) = plain.find(open) {
            let to = plain[from..].find(close).expect("what opens closes");
            plain.replace_range(from..=from + to, " ");
        }
    }
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = plain.match_indices(is_word).filter(|(at, _)| !plain[..*at].ends_with(is_word));
    let mut names = Vec::new();
    for (at, _) in words {
        let end = plain[at..].find(|c| !is_word(c)).map_or(plain.len(), |length| at + length);
        let (word, is_function) = (&plain[at..end], plain[end..].trim_start().starts_with('('));
        if !is_function && word.starts_with(|c: char| c.is_ascii_lowercase()) {
            let base = OF_A_HISTOGRAM.iter().find_map(|suffix| word.strip_suffix(suffix));
            names.push(base.unwrap_or(word).to_owned());
        }
    }
    names
}
