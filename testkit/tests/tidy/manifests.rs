//! Who may import whom. What is not in a member's manifest cannot be imported, so the manifests are where to look.

use crate::source::root;
use std::fs;
use toml::{Table, Value};

/// The members that a member may import. A new member needs a line here, and one in the architecture's table.
const MAY_IMPORT: [(&str, &[&str]); 11] = [
    ("entities", &[]),
    ("migrations", &[]),
    ("platform", &[]),
    ("supervisor", &[]),
    ("jobs", &["entities", "platform"]),
    ("domain", &["jobs", "entities", "platform"]),
    ("chain", &["domain", "platform"]),
    ("adapters", &["domain", "platform"]),
    ("scheduler", &["jobs", "platform"]),
    ("api", &["domain", "jobs", "platform"]),
    ("workers", &["domain", "jobs", "platform"]),
];
/// `cli` joins everything; `testkit`, `e2e` and `bench` are never part of the product.
const MAY_IMPORT_ALL: [&str; 4] = ["bench", "cli", "e2e", "testkit"];
const TEST_ONLY: [&str; 2] = ["testkit", "e2e"];

/// Crates (by the start of their name) that only these members may depend on outside of tests.
const ONLY_IN: [(&str, &[&str]); 5] = [
    ("apalis", &["jobs", "workers"]),
    ("bollard", &["workers"]),
    ("poem", &["api", "bench"]),
    ("solana-", &["chain"]),
    ("spl-", &["chain"]),
];
/// Crates that these members must not depend on outside of tests: they ask `domain` for what is in SQL.
const NEVER_IN: [(&str, &[&str]); 1] = [("sea-orm", &["api", "workers", "chain", "adapters"])];

struct Manifest {
    /// The folder, which is the package's name too.
    member: String,
    table: Table,
}

impl Manifest {
    /// The packages that the member is built from; its tests may use more.
    fn dependencies(&self) -> Vec<String> {
        self.tables(&["dependencies", "build-dependencies"])
    }

    fn tables(&self, sections: &[&str]) -> Vec<String> {
        let targets = self.table.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values).filter_map(Value::as_table);
        std::iter::once(&self.table)
            .chain(targets)
            .flat_map(|table| sections.iter().filter_map(|section| table.get(*section)?.as_table()))
            .flat_map(|dependencies| dependencies.iter().map(package))
            .collect()
    }
}

fn package((name, dependency): (&String, &Value)) -> String {
    dependency.get("package").and_then(Value::as_str).unwrap_or(name).to_owned()
}

fn read(path: &str) -> Table {
    let text = fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    text.parse().unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn manifests() -> Vec<Manifest> {
    let members = read("Cargo.toml")["workspace"]["members"].as_array().expect("the workspace lists its members").clone();
    let member = |value: &Value| value.as_str().expect("a member is a path").to_owned();
    members.iter().map(member).map(|member| Manifest { table: read(&format!("{member}/Cargo.toml")), member }).collect()
}

fn name_of(member: &str) -> &str {
    member.rsplit('/').next().unwrap_or(member)
}

pub fn forbidden_imports() -> Vec<String> {
    let manifests = manifests();
    let members: Vec<&str> = manifests.iter().map(|manifest| name_of(&manifest.member)).collect();
    let mut offenders = Vec::new();
    for manifest in &manifests {
        let name = name_of(&manifest.member);
        let allowed = MAY_IMPORT.iter().find(|(member, _)| *member == name).map(|(_, allowed)| *allowed);
        if allowed.is_none() && !MAY_IMPORT_ALL.contains(&name) && !manifest.member.starts_with("clients/") {
            offenders.push(format!("{}/Cargo.toml: a member that the rules do not know", manifest.member));
        }
        for dependency in manifest.dependencies() {
            let refused = match allowed {
                _ if TEST_ONLY.contains(&dependency.as_str()) => !TEST_ONLY.contains(&name),
                Some(allowed) => members.contains(&dependency.as_str()) && !allowed.contains(&dependency.as_str()),
                None => false,
            };
            if refused {
                offenders.push(format!("{}/Cargo.toml: `{name}` must not import `{dependency}`", manifest.member));
            }
        }
    }
    offenders
}

pub fn misplaced_crates() -> Vec<String> {
    let mut offenders = Vec::new();
    for manifest in manifests() {
        let name = name_of(&manifest.member);
        if TEST_ONLY.contains(&name) {
            continue;
        }
        for dependency in manifest.dependencies() {
            let misplaced = ONLY_IN.iter().any(|(start, members)| dependency.starts_with(start) && !members.contains(&name));
            let banned = NEVER_IN.iter().any(|(start, members)| dependency.starts_with(start) && members.contains(&name));
            if misplaced || banned {
                offenders.push(format!("{}/Cargo.toml: `{dependency}` does not belong into `{name}`", manifest.member));
            }
        }
    }
    offenders
}

pub fn without_workspace_lints() -> Vec<String> {
    let inherits =
        |manifest: &Manifest| manifest.table.get("lints").and_then(|lints| lints.get("workspace")).and_then(Value::as_bool) == Some(true);
    manifests().iter().filter(|manifest| !inherits(manifest)).map(|manifest| format!("{}/Cargo.toml", manifest.member)).collect()
}
