//! The description is complete, says one thing per operation, and is the one that is committed.

use serde_json::Value;

fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    let each = |(path, methods): (&String, &'_ Value)| -> Vec<(String, Value)> {
        methods.as_object().unwrap().iter().map(|(method, operation)| (format!("{method} {path}"), operation.clone())).collect()
    };
    let named: Vec<_> = paths.iter().flat_map(each).map(|(name, _)| name).collect();
    named
        .into_iter()
        .map(|name| {
            let (method, path) = name.split_once(' ').unwrap();
            let operation = &document["paths"][path][method];
            (name, operation)
        })
        .collect()
}

fn refuse(what_to_do: &str, offenders: &[String]) {
    assert!(offenders.is_empty(), "\n{what_to_do}\n{}\n", offenders.join("\n"));
}

fn lint(what_to_do: &str, is_wrong: impl Fn(&str, &Value) -> bool) {
    let document = api::openapi::document();
    let wrong = operations(document).into_iter().filter(|(name, operation)| is_wrong(name, operation));
    refuse(what_to_do, &wrong.map(|(name, _)| name).collect::<Vec<_>>());
}

/// The answers with a body: status, media type, body.
fn answers(operation: &Value) -> Vec<(u16, String, Value)> {
    let responses = operation["responses"].as_object().unwrap().iter();
    responses
        .flat_map(|(status, response)| {
            let referred = response["$ref"].as_str().and_then(|path| api::openapi::document().pointer(path.trim_start_matches('#')));
            let response = referred.unwrap_or(response);
            let content = response["content"].as_object().cloned().unwrap_or_default();
            content.into_iter().map(|(media_type, body)| (status.parse().unwrap(), media_type, body)).collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn the_committed_description_is_the_one_that_is_served() {
    let committed = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi.yaml")).unwrap_or_default();
    let drift = api::openapi_yaml() != committed;
    assert!(!drift, "openapi.yaml has drifted; write it anew: cargo run -p api --example openapi > openapi.yaml");
}

#[test]
fn it_is_openapi_3_0_and_nothing_newer() {
    let document = api::openapi::document();
    assert_eq!(document["openapi"], "3.0.0");
    assert!(document.get("webhooks").is_none(), "OpenAPI 3.0 knows no webhooks");
}

#[test]
fn every_operation_has_a_name_and_a_chapter() {
    lint("Give it an `operation_id` and a `tag`.", |_, operation| {
        operation["operationId"].as_str().is_none() || operation["tags"].as_array().is_none_or(Vec::is_empty)
    });
}

#[test]
fn every_operation_has_a_summary() {
    lint("Write a doc comment; its first paragraph is the summary.", |_, operation| operation["summary"].as_str().is_none());
}

#[test]
fn every_body_has_an_example() {
    lint("Derive or write an example.", |_, operation| {
        let asked = operation["requestBody"]["content"].as_object().cloned().unwrap_or_default();
        let json = |media_type: &str| media_type.contains("json") && media_type != "application/problem+json";
        asked.iter().any(|(media_type, body)| json(media_type) && body.get("example").is_none())
            || answers(operation).iter().any(|(_, media_type, body)| json(media_type) && body.get("example").is_none())
    });
}

#[test]
fn every_operation_declares_its_problems() {
    lint("Answer `Result<_, Problem>`.", |name, operation| {
        let problems =
            answers(operation).into_iter().filter(|(status, media_type, _)| *status >= 400 && media_type == "application/problem+json");
        !name.contains("/health/") && problems.count() < 5
    });
}

#[test]
fn what_takes_a_version_declares_that_it_may_be_another_one() {
    lint("An operation with `If-Match` answers 412, and no other one does.", |_, operation| {
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let takes = parameters.iter().any(|parameter| parameter["name"] == "If-Match");
        takes != operation["responses"].get("412").is_some()
    });
}

#[test]
fn every_operation_has_one_type_of_success_and_one_of_failure() {
    lint("Generated clients know one body for success and one for failure; a stream may stand beside JSON.", |_, operation| {
        let schemas = |success: bool| {
            let answers = answers(operation).into_iter().filter(|(status, _, _)| (*status < 400) == success);
            let (streams, documents): (Vec<_>, Vec<_>) = answers.partition(|(_, media_type, _)| media_type == "text/event-stream");
            let told = if documents.is_empty() { streams } else { documents };
            let mut schemas: Vec<String> =
                told.into_iter().map(|(_, media_type, body)| format!("{media_type} {}", body["schema"])).collect();
            schemas.sort();
            schemas.dedup();
            schemas.len()
        };
        schemas(true) > 1 || schemas(false) > 1
    });
}

#[test]
fn lines_are_a_page_or_a_stream() {
    let operation = &api::openapi::document()["paths"]["/v1/executions/{id}/logs"]["get"];
    let answers = answers(operation).into_iter().filter(|(status, _, _)| *status == 200);
    let mut media_types: Vec<_> = answers.map(|(_, media_type, _)| media_type).collect();
    media_types.sort();
    assert_eq!(media_types, ["application/json", "text/event-stream"]);
}

#[test]
fn no_number_on_the_wire_is_wider_than_a_client_can_hold() {
    fn wide(value: &Value) -> bool {
        match value {
            Value::Object(object) => {
                let is_wide = object.get("format").and_then(Value::as_str).is_some_and(|format| matches!(format, "int64" | "uint64"));
                is_wide || object.values().any(wide)
            }
            Value::Array(items) => items.iter().any(wide),
            _ => false,
        }
    }
    let schemas = api::openapi::document()["components"]["schemas"].as_object().unwrap();
    let offenders: Vec<_> = schemas.iter().filter(|(_, schema)| wide(schema)).map(|(name, _)| name.clone()).collect();
    refuse("A 64-bit number loses digits in JavaScript: use `Money`, a decimal string, or a 32-bit number.", &offenders);
}

fn takes(operation: &Value, header: &str) -> bool {
    operation["parameters"].as_array().is_some_and(|all| all.iter().any(|one| one["in"] == "header" && one["name"] == header))
}

/// Signing in gives out a secret, which is never kept for a repetition.
#[test]
fn every_post_takes_an_idempotency_key() {
    lint("Take `#[oai(name = \"Idempotency-Key\")] key: IdempotencyKey`.", |name, operation| {
        // Nobody is known yet whose key it would be.
        let of_a_device = ["post /v1/link", "post /v1/link/token"].contains(&name);
        let signs_in = name.contains("/v1/auth/") || name.contains("/v1/users/auth") || of_a_device;
        name.starts_with("post ") && !signs_in && !takes(operation, "Idempotency-Key")
    });
}

#[test]
fn whoever_is_told_to_come_back_may_wait_instead() {
    // Where nothing is told of what is under way, there is nothing to come back for.
    let is_operation = |operation: &Value| {
        let schema = &operation["responses"]["202"]["content"]["application/json"]["schema"]["$ref"];
        schema.as_str().is_some_and(|schema| schema.ends_with("/Operation"))
    };
    lint("Take `#[oai(name = \"Prefer\")] prefer: Prefer`.", |_, operation| is_operation(operation) && !takes(operation, "Prefer"));
}
