//! Who may do what, asked of the application itself: every operation of the description is called by each caller of the table.

mod stage;
mod table;

use domain::api_keys::Scope;
use poem::http::Method;
use serde_json::Value;

use crate::house::Answer;
use stage::Stage;
use table::{About, Row, TABLE};

/// One operation of the description.
struct Operation<'a> {
    method: Method,
    path: &'a str,
    said: &'a Value,
}

fn operations() -> Vec<Operation<'static>> {
    let paths = api::openapi::document()["paths"].as_object().unwrap();
    let each = paths.iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap();
        methods.iter().map(move |(method, said)| Operation { method: method.to_uppercase().parse().unwrap(), path, said })
    });
    each.collect()
}

impl Operation<'_> {
    fn id(&self) -> &str {
        self.said["operationId"].as_str().unwrap()
    }

    fn needed(&self) -> Option<Scope> {
        self.said["x-required-scope"].as_str().map(|word| word.parse().unwrap())
    }

    /// The path about these things: one for each placeholder.
    fn about(&self, things: &[String]) -> String {
        let mut things = things.iter();
        let part = |part: &str| {
            if part.starts_with('{') { things.next().expect("the table says what it is about").clone() } else { part.to_owned() }
        };
        self.path.split('/').map(part).collect::<Vec<_>>().join("/")
    }

    async fn call(&self, stage: &Stage, about: About, shown: Option<&str>) -> Answer {
        let (things, better) = stage.prop(about, self.id()).await;
        let mut request = stage.house.client.request(self.method.clone(), self.about(&things));
        if let Some(token) = shown {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        let content = &self.said["requestBody"]["content"]["application/json"];
        if content.is_object() {
            request = request.body_json(&better.unwrap_or_else(|| content["example"].clone()));
        }
        Answer::of(request.send().await).await
    }
}

/// What the table would say.
fn letter(answer: &Answer) -> char {
    let problem = answer.body["type"].as_str().unwrap_or_default();
    match (answer.status, problem) {
        (401, "/problems/authentication-required" | "/problems/invalid-token") => '1',
        (403, _) => '3',
        (404, _) => '4',
        (500.., _) => '5',
        _ => 'y',
    }
}

#[test]
fn every_operation_has_a_row_and_every_row_an_operation() {
    let described: Vec<String> = operations().iter().map(|operation| operation.id().to_owned()).collect();
    let missing: Vec<_> = described.iter().filter(|id| !TABLE.iter().any(|(named, ..)| named == id)).collect();
    assert!(missing.is_empty(), "say in api/tests/stories/authorisation/table.rs who may call: {missing:?}");
    let odd: Vec<_> = TABLE.iter().filter(|(named, cells, _)| !described.iter().any(|id| id == named) || cells.len() != 9).collect();
    assert!(odd.is_empty(), "no such operation, or not nine letters: {odd:?}");
    let twice: Vec<_> =
        TABLE.iter().enumerate().filter(|(at, (named, ..))| TABLE[..*at].iter().any(|(other, ..)| other == named)).collect();
    assert!(twice.is_empty(), "{twice:?}");
}

async fn differs((named, cells, about): Row, operation: &Operation<'_>) -> Option<String> {
    let stage = Stage::set(operation.needed(), about).await;
    let mut found = String::new();
    for shown in &stage.shown {
        found.push(letter(&operation.call(&stage, about, shown.as_deref()).await));
    }
    (found != cells).then(|| format!("{named}: the table says {cells}, the API {found}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_may_what_the_table_says_and_nothing_else() {
    let operations = operations();
    let rows = TABLE.iter().filter_map(|row| Some((*row, operations.iter().find(|operation| operation.id() == row.0)?)));
    let mut wrong = Vec::new();
    for (row, operation) in rows {
        wrong.extend(differs(row, operation).await);
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

/// The description may not promise what the application does not ask for, nor keep silent about it.
#[test]
fn what_is_open_to_everybody_is_described_so() {
    for operation in operations() {
        let row = TABLE.iter().find(|(named, ..)| *named == operation.id());
        let is_public = row.is_some_and(|(_, cells, _)| !cells.starts_with('1'));
        assert_eq!(operation.said.get("security").is_none(), is_public, "{}", operation.id());
        let keys = row.is_some_and(|(_, cells, _)| !is_public && !cells.ends_with("33"));
        assert_eq!(operation.needed().is_some(), keys, "{}: a key needs a scope, or opens nothing", operation.id());
    }
}
