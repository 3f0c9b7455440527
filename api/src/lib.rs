//! Poem routes, wire types, problem mapping, OpenAPI, server-sent events
