//! The workspace's Rust files, each split into code, comments and string literals, so that a rule about code does not
//! stumble over a sentence and a rule about sentences not over code.

use std::fs;
use std::path::{Path, PathBuf};

/// Nobody writes these by hand.
const GENERATED: [&str; 1] = ["clients/rust/src/"];
const NOT_OURS: [&str; 3] = ["target", "node_modules", "data"];

pub struct Source {
    /// From the workspace's root, with `/`.
    pub path: String,
    pub text: String,
    /// The text with comments and the insides of literals blanked; every offset stays where it was.
    pub code: String,
    /// The text with everything but comments blanked.
    pub comments: String,
    /// Offset and inside of each string literal.
    pub strings: Vec<(usize, String)>,
}

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("testkit is a folder of the workspace").to_path_buf()
}

pub fn exists(path: &str) -> bool {
    root().join(path).exists()
}

pub fn sources() -> Vec<Source> {
    let root = root();
    let mut files = Vec::new();
    walk(&root, &mut files);
    let mut sources: Vec<Source> = files
        .iter()
        .map(|file| {
            let path = file.strip_prefix(&root).expect("found below the root").to_string_lossy().replace('\\', "/");
            Source::new(path, fs::read_to_string(file).expect("a Rust file is UTF-8"))
        })
        .filter(|source| !GENERATED.iter().any(|folder| source.path.starts_with(folder)))
        .collect();
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(sources.len() > 10, "the walk from {} found next to nothing", root.display());
    sources
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of the workspace can be read").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type().expect("a directory entry has a type");
        if kind.is_dir() && !name.starts_with('.') && !NOT_OURS.contains(&name.as_str()) {
            walk(&entry.path(), files);
        } else if kind.is_file() && entry.path().extension().is_some_and(|extension| extension == "rs") {
            files.push(entry.path());
        }
    }
}

impl Source {
    pub fn new(path: String, text: String) -> Self {
        let (code, comments, strings) = Scanner::new(&text).run();
        Self { path, text, code, comments, strings }
    }

    pub fn is_under(&self, folders: &[&str]) -> bool {
        folders.iter().any(|folder| self.path.starts_with(folder))
    }

    /// Everything that runs only under test: files of `tests/`, the testkit, the end-to-end and benchmark programs.
    pub fn is_test(&self) -> bool {
        self.is_under(&["testkit/", "e2e/", "bench/"]) || self.path.split('/').any(|part| part == "tests" || part == "benches")
    }

    /// The offset from which the file is test code: its start, its first `#[cfg(test)]`, or its end.
    pub fn tests_from(&self) -> usize {
        if self.is_test() { 0 } else { self.code.find("#[cfg(test)]").unwrap_or(self.code.len()) }
    }

    pub fn at(&self, offset: usize) -> String {
        let line = self.text[..offset].matches('\n').count();
        format!("{}:{}: {}", self.path, line + 1, self.text.lines().nth(line).unwrap_or_default().trim())
    }

    /// Offset and spelling of each word (identifier, keyword, number) of the code.
    pub fn words(&self) -> impl Iterator<Item = (usize, &str)> {
        words(&self.code)
    }

    /// Offset and inside of each attribute.
    pub fn attributes(&self) -> impl Iterator<Item = (usize, &str)> {
        self.code.match_indices('#').filter_map(|(offset, _)| {
            let rest = self.code[offset + 1..].trim_start_matches('!');
            let inside = rest.strip_prefix('[')?;
            let mut depth = 1;
            let end = inside.find(|c| {
                depth += i32::from(c == '[') - i32::from(c == ']');
                depth == 0
            })?;
            Some((offset, &inside[..end]))
        })
    }
}

pub fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut offset = 0;
    code.split(move |c| !is_word(c)).filter_map(move |word| {
        let start = offset;
        offset += word.len() + code[start + word.len()..].chars().next().map_or(0, char::len_utf8);
        (!word.is_empty()).then_some((start, word))
    })
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    code: String,
    comments: String,
    strings: Vec<(usize, String)>,
}

impl<'a> Scanner<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, at: 0, code: String::new(), comments: String::new(), strings: Vec::new() }
    }

    fn run(mut self) -> (String, String, Vec<(usize, String)>) {
        while let Some(next) = self.rest().chars().next() {
            if self.rest().starts_with("//") {
                let length = self.rest().find('\n').unwrap_or(self.rest().len());
                self.take_comment(length);
            } else if self.rest().starts_with("/*") {
                let length = block_comment(self.rest());
                self.take_comment(length);
            } else if let Some((open, inside, close)) = string_literal(self.rest()) {
                self.strings.push((self.at, self.rest()[open..open + inside].to_owned()));
                self.take_code(open);
                self.take_blank(inside);
                self.take_code(close);
            } else if let Some(length) = char_literal(self.rest()) {
                self.take_blank(length);
            } else {
                self.take_code(next.len_utf8());
            }
        }
        (self.code, self.comments, self.strings)
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn take_code(&mut self, length: usize) {
        let taken = &self.rest()[..length];
        self.code.push_str(taken);
        self.comments.push_str(&blank(taken));
        self.at += length;
    }

    fn take_comment(&mut self, length: usize) {
        let taken = &self.rest()[..length];
        self.comments.push_str(taken);
        self.code.push_str(&blank(taken));
        self.at += length;
    }

    fn take_blank(&mut self, length: usize) {
        let taken = blank(&self.rest()[..length]);
        self.code.push_str(&taken);
        self.comments.push_str(&taken);
        self.at += length;
    }
}

/// As many bytes, all spaces, but the lines stay.
fn blank(text: &str) -> String {
    text.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect()
}

fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        let rest = &text.as_bytes()[at..];
        match rest {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// The lengths of opening quote, inside and closing quote. The prefixes `b` and `c` pass as code before it.
fn string_literal(text: &str) -> Option<(usize, usize, usize)> {
    if let Some(raw) = text.strip_prefix('r') {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        let inside = raw[hashes..].strip_prefix('"')?;
        let close = format!("\"{}", "#".repeat(hashes));
        return Some((hashes + 2, inside.find(&close).unwrap_or(inside.len()), close.len()));
    }
    let inside = text.strip_prefix('"')?;
    let mut escaped = false;
    let length = inside
        .find(|c| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        })
        .expect("a string literal ends");
    Some((1, length, 1))
}

/// `'x'`, `'\n'`, `'\u{1F600}'`, but not the lifetime `'x`.
fn char_literal(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('\'')?;
    if let Some(escape) = inside.strip_prefix('\\') {
        let first = escape.chars().next()?.len_utf8();
        return Some(2 + first + escape[first..].find('\'')? + 1);
    }
    let first = inside.chars().next()?.len_utf8();
    inside[first..].starts_with('\'').then_some(first + 2)
}
