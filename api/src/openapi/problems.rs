//! Every operation may answer with the same problems. They stand once among the components, and operations refer to them.

use serde_json::{Map, Value, json};

/// Only what has versions can be asked for in another one than it is in: operations that take `If-Match` answer 412.
pub fn add_preconditions(document: &mut Value) {
    let paths = document.get_mut("paths").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut);
    for operation in paths.filter_map(Value::as_object_mut).flat_map(Map::values_mut) {
        let parameters = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
        if parameters.iter().any(|parameter| parameter["name"] == "If-Match") {
            let mut response = operation["responses"]["404"].clone();
            response["description"] = json!("It is in another version than `If-Match` names; read it again.");
            operation["responses"]["412"] = response;
        }
    }
}

/// What a pool carries out is answered with an operation, and who repeats such a request may find it gone: 410.
pub fn add_gone(document: &mut Value) {
    let paths = document.get_mut("paths").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut);
    for operation in paths.filter_map(Value::as_object_mut).flat_map(Map::values_mut) {
        let parameters = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
        if operation["responses"].get("202").is_some() && parameters.iter().any(|parameter| parameter["name"] == "Idempotency-Key") {
            let mut response = operation["responses"]["404"].clone();
            response["description"] = json!("The request was carried out before, and its operation is not kept any more.");
            operation["responses"]["410"] = response;
        }
    }
}

/// The chapter whose operations move money.
const PAYMENTS: &str = "payments";

/// Only what moves money can be refused for the lack of it: what is posted in the chapter of payments answers 402.
pub fn add_funds(document: &mut Value) {
    let paths = document.get_mut("paths").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut);
    for operation in paths.filter_map(|methods| methods.get_mut("post")) {
        if operation["tags"].as_array().is_some_and(|tags| tags.iter().any(|tag| tag == PAYMENTS)) {
            let mut response = operation["responses"]["404"].clone();
            response["description"] = json!("The account has less than is to be moved.");
            operation["responses"]["402"] = response;
        }
    }
}

/// Move the problem answers of all operations to `components/responses`.
pub fn say_once(document: &mut Value) {
    let mut shared = Map::new();
    let paths = document.get_mut("paths").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut);
    let operations = paths.filter_map(Value::as_object_mut).flat_map(Map::values_mut);
    for responses in operations.filter_map(|operation| operation.get_mut("responses")?.as_object_mut()) {
        for (status, response) in responses.iter_mut().filter(|(_, response)| is_problem(response)) {
            let name = format!("Problem{status}");
            let reference = json!({ "$ref": format!("#/components/responses/{name}") });
            shared.insert(name, std::mem::replace(response, reference));
        }
    }
    document["components"]["responses"] = Value::Object(shared);
}

fn is_problem(response: &Value) -> bool {
    response.get("content").is_some_and(|content| content.get("application/problem+json").is_some())
}
