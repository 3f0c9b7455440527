//! Prints the description of the API: `cargo run -p api --example openapi > openapi.yaml`.

fn main() {
    print!("{}", api::openapi_yaml());
}
