//! World, builders, fakes, conformance suites, the tidy test
