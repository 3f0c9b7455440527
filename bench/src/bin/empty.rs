//! A poem-openapi route that does nothing: what HTTP itself costs here. `empty PORT` serves `GET /empty` until it is killed.

use poem::listener::TcpListener;
use poem::{Route, Server};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi, OpenApiService};

struct EmptyApi;

#[derive(Object)]
struct Empty {
    state: String,
}

#[OpenApi]
impl EmptyApi {
    /// Nothing
    #[oai(path = "/empty", method = "get")]
    #[expect(clippy::unused_async, reason = "every route is")]
    async fn get(&self) -> Json<Empty> {
        Json(Empty { state: "empty".into() })
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port = std::env::args().nth(1).ok_or("usage: empty PORT")?;
    let routes = Route::new().nest("/", OpenApiService::new(EmptyApi, "empty", "1"));
    Ok(Server::new(TcpListener::bind(format!("127.0.0.1:{port}"))).run(routes).await?)
}
