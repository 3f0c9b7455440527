//! Whatever is asked of whichever operation, the answer is one that the description declares, and never an error of ours.

use domain::accounts::Role;
use poem::http::Method;
use serde_json::Value;

use crate::house::{Answer, Guest, House};

/// Every operation of the description: method, path with example values in it, and the operation itself.
fn operations() -> Vec<(Method, String, &'static Value)> {
    let paths = api::openapi::document()["paths"].as_object().unwrap();
    let each = |(path, item): (&'static String, &'static Value)| {
        item.as_object()
            .unwrap()
            .iter()
            .map(move |(method, operation)| (method.to_ascii_uppercase().parse().unwrap(), with_examples(path, operation), operation))
    };
    paths.iter().flat_map(each).collect()
}

fn with_examples(path: &str, operation: &Value) -> String {
    parameters(operation, "path").fold(path.to_owned(), |path, parameter| {
        let example = parameter["schema"]["example"].as_str().unwrap_or("none");
        path.replace(&format!("{{{}}}", parameter["name"].as_str().unwrap()), example)
    })
}

fn parameters<'a>(operation: &'a Value, place: &'a str) -> impl Iterator<Item = &'a Value> {
    operation["parameters"].as_array().into_iter().flatten().filter(move |parameter| parameter["in"] == place)
}

/// Follows for ever; its story is told elsewhere.
fn is_stream(operation: &Value) -> bool {
    operation["responses"]["200"]["content"]
        .get("text/event-stream")
        .is_some_and(|_| operation["responses"]["200"]["content"].get("application/json").is_none())
}

async fn ask(house: &House, guest: Option<&Guest>, method: &Method, path: &str, body: Option<&str>) -> Answer {
    let mut request = house.client.request(method.clone(), path);
    if let Some(body) = body {
        request = request.content_type("application/json").body(body.to_owned());
    }
    match guest {
        Some(guest) => guest.knock(request).await,
        None => Answer::of(request.send().await).await,
    }
}

#[tokio::test]
async fn every_operation_answers_nonsense_as_the_description_says() {
    let house = House::limited(domain::limits::Settings::off()).await;
    let architect = house.guest(Role::Architect).await;
    for (method, path, operation) in operations().into_iter().filter(|(_, _, operation)| !is_stream(operation)) {
        let bodies: &[Option<&str>] = match operation.get("requestBody") {
            Some(_) => &[None, Some("{}"), Some("[]"), Some("{\"a\":"), Some("\"\u{1}\"")],
            None => &[None],
        };
        for body in bodies {
            for guest in [None, Some(&architect)] {
                let answer = ask(&house, guest, &method, &path, *body).await;
                assert!(answer.status < 500 || path.starts_with("/health"), "{method} {path} with {body:?}: {answer:?}");
            }
        }
        let nowhere = path.replace("01980000000070008000000000000001", "nobody");
        let answer = ask(&house, Some(&architect), &method, &nowhere, None).await;
        assert!(answer.status < 500 || path.starts_with("/health"), "{method} {nowhere}: {answer:?}");
    }
    house.close().await;
}

#[tokio::test]
async fn every_parameter_that_has_a_form_is_held_to_it() {
    let house = House::limited(domain::limits::Settings::off()).await;
    let architect = house.guest(Role::Architect).await;
    for (method, path, operation) in operations() {
        for parameter in parameters(operation, "query") {
            let name = parameter["name"].as_str().unwrap();
            let schema = &parameter["schema"];
            let is_free = schema["type"] == "string" && ["enum", "pattern", "format"].iter().all(|form| schema.get(form).is_none());
            if is_free || schema.get("type").is_none() || schema["type"] == "array" {
                continue;
            }
            let answer = ask(&house, Some(&architect), &method, &format!("{path}?{name}=%21nonsense"), Some("{}")).await;
            assert_eq!(answer.status, 400, "{method} {path} takes nonsense for `{name}`: {answer:?}");
            assert!(answer.pointers().contains(&name), "{method} {path} does not say that `{name}` is wrong: {answer:?}");
        }
    }
    house.close().await;
}
