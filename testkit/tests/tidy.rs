//! The house rules, as tests. Each says what to do; none has a list of exceptions that grows.

#[path = "tidy/manifests.rs"]
mod manifests;
#[path = "tidy/metrics.rs"]
mod metrics;
#[path = "tidy/source.rs"]
mod source;

use source::{Source, exists, root, sources, words};
use std::fs;

const LINES_MAX: usize = 400;
const EMPTY_NAMES: [&str; 8] = ["common", "helper", "helpers", "misc", "types", "util", "utils", "shared"];

/// A crate, and the only places that may name it.
const NAMED_ONLY_IN: [(&str, &[&str]); 4] = [
    ("apalis", &["jobs/", "workers/src/pools.rs", "bench/"]),
    ("bollard", &["workers/src/sandbox/", "workers/tests/docker_", "e2e/"]),
    ("solana_", &["chain/", "dev-chain/"]),
    ("spl_", &["chain/", "dev-chain/"]),
];

const SQL_HOMES: [&str; 5] = ["domain/", "jobs/", "migrations/", "entities/", "dev-chain/"];
const QUERY_WORDS: [&str; 12] = [
    "ActiveModelTrait",
    "ConnectionTrait",
    "EntityTrait",
    "FromQueryResult",
    "PaginatorTrait",
    "QueryFilter",
    "QueryOrder",
    "QuerySelect",
    "QueryTrait",
    "Statement",
    "execute_unprepared",
    "sea_query",
];

fn refuse(what_to_do: &str, offenders: &[String]) {
    assert!(offenders.is_empty(), "\n{what_to_do}\n\n{}\n", offenders.join("\n"));
}

fn collect(find: impl Fn(&Source) -> Vec<usize>) -> Vec<String> {
    sources().iter().flat_map(|source| find(source).into_iter().map(|offset| source.at(offset)).collect::<Vec<_>>()).collect()
}

#[test]
fn no_file_has_more_than_400_lines() {
    let long = |source: &Source| {
        let lines = source.text.lines().count();
        (lines > LINES_MAX).then(|| format!("{}: {lines} lines", source.path))
    };
    let offenders: Vec<String> = sources().iter().filter_map(long).collect();
    refuse("A file has at most 400 lines. Split it by verb: what are its two or three stories?", &offenders);
}

#[test]
fn no_room_has_an_empty_name() {
    let mut offenders: Vec<String> = sources()
        .iter()
        .filter(|source| source.path.trim_end_matches(".rs").split('/').any(|part| EMPTY_NAMES.contains(&part)))
        .map(|source| source.path.clone())
        .collect();
    offenders.extend(collect(|source| {
        let all: Vec<_> = source.words().collect();
        all.windows(2).filter(|pair| pair[0].1 == "mod" && EMPTY_NAMES.contains(&pair[1].1)).map(|pair| pair[0].0).collect()
    }));
    refuse("`utils`, `helpers`, `common`, `types` say nothing. Name the room after the noun that it is about.", &offenders);
}

#[test]
fn crates_are_named_only_where_they_belong() {
    let offenders = collect(|source| {
        let misplaced =
            |(_, word): &(usize, &str)| NAMED_ONLY_IN.iter().any(|(start, homes)| word.starts_with(start) && !source.is_under(homes));
        source
            .words()
            .filter(misplaced)
            .filter(|(offset, word)| names_a_crate(&source.code, *offset, word))
            .map(|(offset, _)| offset)
            .collect()
    });
    refuse(
        "`apalis` is named only in jobs/ and workers/src/pools.rs, `bollard` only in workers/src/sandbox/ (and tests that look at the engine), \
         `solana_*` and `spl_*` only in chain/. Everybody else speaks to the port in `domain`.",
        &offenders,
    );
}

/// `name::…` at the start of a path, or `use name`; a field called `solana_rpc_url` or our own `chain::solana_rpc` is no crate.
fn names_a_crate(code: &str, offset: usize, word: &str) -> bool {
    let (before, after) = (&code[..offset], &code[offset + word.len()..]);
    !before.ends_with("::") && (after.starts_with("::") || before.ends_with("use "))
}

#[test]
fn sql_lives_in_domain_and_jobs() {
    let offenders = collect(|source| {
        if source.is_under(&SQL_HOMES) || source.is_test() {
            return Vec::new();
        }
        let spoken = source.strings.iter().filter(|(_, text)| is_sql(text)).map(|(offset, _)| *offset);
        let uses_orm = source.words().any(|(_, word)| word == "sea_orm");
        let called = source.words().filter(|(_, word)| uses_orm && QUERY_WORDS.contains(word)).map(|(offset, _)| offset);
        spoken.chain(called).filter(|offset| *offset < source.tests_from()).collect()
    });
    refuse(
        "SQL and SeaORM's query API live in domain/ and jobs/ (migrations/ and entities/ define what they ask). Add a function there and call it.",
        &offenders,
    );
}

fn is_sql(text: &str) -> bool {
    let update = text.split_once("UPDATE ").is_some_and(|(_, rest)| rest.contains(" SET "));
    update || ["SELECT ", "INSERT INTO", "DELETE FROM"].iter().any(|start| text.contains(start))
}

#[test]
fn lints_are_expected_and_never_allowed() {
    let allows =
        |inside: &str| words(inside).any(|(offset, word)| word == "allow" && inside[offset + word.len()..].trim_start().starts_with('('));
    let offenders = collect(|source| source.attributes().filter(|(_, inside)| allows(inside)).map(|(offset, _)| offset).collect());
    refuse("Write `#[expect(lint, reason = \"…\")]`: it says why, and it complains when it is no longer needed.", &offenders);
}

#[test]
fn nothing_is_left_unfinished() {
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
    let offenders = collect(|source| {
        let said = words(&source.comments).filter(|(_, word)| marks.contains(word)).map(|(offset, _)| offset);
        let done = source.words().filter(|(offset, word)| {
            ["todo", "unimplemented", "dbg"].contains(word) && source.code[offset + word.len()..].starts_with('!')
        });
        said.chain(done.map(|(offset, _)| offset)).collect()
    });
    refuse("Finish it, or leave it out and write down where it is missed.", &offenders);
}

#[test]
fn no_test_sleeps() {
    let offenders = collect(|source| {
        let from = source.tests_from();
        let sleeps = |(offset, word): &(usize, &str)| {
            *offset >= from
                && ["sleep", "sleep_until", "sleep_ms"].contains(word)
                && source.code[offset + word.len()..].starts_with('(')
                && !source.code[..*offset].ends_with("fn ")
        };
        source.words().filter(sleeps).map(|(offset, _)| offset).collect()
    });
    refuse(
        "A test waits for what it wants to see, with a deadline, or moves the clock. A sleep is too short on one machine and too long on all others.",
        &offenders,
    );
}

#[test]
fn no_test_is_ignored() {
    let ignores =
        |inside: &str| inside.starts_with("ignore") || (inside.starts_with("cfg_attr") && words(inside).any(|(_, word)| word == "ignore"));
    let offenders = collect(|source| source.attributes().filter(|(_, inside)| ignores(inside)).map(|(offset, _)| offset).collect());
    refuse("A test runs or does not exist. Long campaigns belong behind `./test --long`.", &offenders);
}

#[test]
fn nothing_is_re_exported_by_glob() {
    let offenders = collect(|source| {
        let globs = |offset: usize| {
            let rest = source.code[offset + 3..].trim_start();
            let rest = if rest.starts_with('(') { rest.split_once(')').map_or(rest, |(_, after)| after.trim_start()) } else { rest };
            rest.starts_with("use ") && rest.split(';').next().is_some_and(|statement| statement.contains('*'))
        };
        source.words().filter(|(offset, word)| *word == "pub" && globs(*offset)).map(|(offset, _)| offset).collect()
    });
    refuse("Name what leaves the room: `pub use submit::{Submit, Submitted}`.", &offenders);
}

#[test]
fn the_testkit_stays_out_of_the_product() {
    let named = |source: &Source| source.words().find(|(_, word)| *word == "testkit").map(|(offset, _)| offset);
    let offenders = collect(|source| if source.is_test() { Vec::new() } else { named(source).into_iter().collect() });
    refuse("Tests that use the testkit live in tests/, never in src/.", &offenders);
}

#[test]
fn members_import_only_whom_they_may() {
    refuse(
        "The architecture says who may import whom; what is missing below is reached through a port in `domain`.",
        &manifests::forbidden_imports(),
    );
}

#[test]
fn members_depend_only_on_crates_that_belong_there() {
    refuse(
        "A member without the crate cannot name it: take the line out and go through the member that owns it.",
        &manifests::misplaced_crates(),
    );
}

#[test]
fn every_member_obeys_the_workspace_lints() {
    refuse("Add `[lints]` with `workspace = true`.", &manifests::without_workspace_lints());
}

#[test]
fn every_job_kind_has_its_three_files() {
    let kinds = root().join("jobs/src/kinds");
    if !kinds.exists() {
        return;
    }
    let missing = fs::read_dir(kinds)
        .expect("jobs/src/kinds can be read")
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().trim_end_matches(".rs").to_owned())
        .filter(|kind| kind != "mod")
        .flat_map(|kind| [format!("workers/src/handlers/{kind}.rs"), format!("workers/tests/{kind}.rs")])
        .filter(|path| !exists(path));
    let mut offenders: Vec<String> = missing.collect();
    offenders.sort();
    refuse(
        "A job kind is three files: jobs/src/kinds/<kind>.rs (payload and policy), workers/src/handlers/<kind>.rs, workers/tests/<kind>.rs. Missing:",
        &offenders,
    );
}

#[test]
fn what_is_served_is_described() {
    if !sources().iter().any(|source| source.path.starts_with("api/src/v1/")) {
        return;
    }
    let missing =
        ["README.md", "CHANGELOG.md", "openapi.yaml"].into_iter().filter(|path| !exists(path)).map(str::to_owned).collect::<Vec<_>>();
    refuse("The API serves something, so these have to exist:", &missing);
}

#[test]
fn the_dashboard_shows_the_metrics_that_the_program_records_and_the_page_names_them() {
    let (recorded, shown) = (metrics::recorded(), metrics::shown());
    assert_eq!(shown, recorded, "ops/grafana/tallyman.json shows the first, the code records the second");
    let page = fs::read_to_string(source::root().join("docs/monitoring.md")).expect("the page is there");
    let missing = recorded.iter().filter(|name| !page.contains(&format!("`{name}`"))).cloned().collect::<Vec<_>>();
    refuse("docs/monitoring.md says what each metric counts. Missing:", &missing);
}

#[test]
fn the_page_of_operations_names_every_kind_of_job() {
    let page = fs::read_to_string(source::root().join("docs/operations.md")).expect("the page is there");
    let kinds = jobs::kinds::JobKind::ALL.iter().map(|kind| kind.name());
    let missing = kinds.filter(|kind| !page.contains(&format!("\n| `{kind}` |"))).map(str::to_owned).collect::<Vec<_>>();
    refuse("docs/operations.md has a row for each kind of job. Missing:", &missing);
}

/// The scanner decides what every rule sees, so it has a test of its own.
#[test]
fn code_comments_and_strings_are_told_apart() {
    let text = r##"let a = "x // y"; // say "hi"
/* one /* two */ */ let c = '"'; let d: &'static str = r#"raw " text"#; let e = b'\''; f("\\", "é")"##;
    let source = Source::new("a.rs".into(), text.into());
    let strings: Vec<&str> = source.strings.iter().map(|(_, inside)| inside.as_str()).collect();
    assert_eq!(strings, ["x // y", "raw \" text", "\\\\", "é"]);
    assert_eq!(source.comments.split_whitespace().collect::<Vec<_>>(), ["//", "say", "\"hi\"", "/*", "one", "/*", "two", "*/", "*/"]);
    assert_eq!(source.words().map(|(_, word)| word).collect::<String>(), "letaletcletdstaticstrrleteb".to_owned() + "f");
    assert_eq!((source.code.len(), source.comments.len()), (text.len(), text.len()));
}
