//! Pages of a list. A token says where the next page begins and belongs to one list with one filter.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::fault::{Class, Fault, FieldError};

/// Rows of a page when nobody says how many.
pub const SIZE_DEFAULT: u64 = 50;
/// Rows of a page at most; who asks for more gets so many.
pub const SIZE_MAX: u64 = 1_000;

const TAG_BYTES: usize = 16;
/// Rows that are read at once while a page fills, first and at most. Nobody knows beforehand how large they are, and whatever is read is held: of
/// the largest rows, with an input and an output of a MiB each, eight fill a page twice over.
const STEP_ROWS_FIRST: u64 = 8;
const STEP_ROWS_MAX: u64 = 100;

/// Section `lists`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// A page of rows that may be large ends with the row that brings it to so many bytes.
    pub page_bytes_max: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { page_bytes_max: 8 << 20 }
    }
}

/// Which page a caller asks for.
#[derive(Debug, Clone, Default)]
pub struct PageRequest {
    /// 0 and absent mean [`SIZE_DEFAULT`].
    pub size: Option<i64>,
    pub token: Option<String>,
}

/// One page of a list.
#[derive(Debug, Clone)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Absent on the last page.
    pub next_page_token: Option<String>,
}

/// A page that cannot be told apart from others.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    #[error("a page has at least one row")]
    NegativeSize { fields: Vec<FieldError> },
    #[error("the page token was not made for this list and filter, or was changed on the way; start again without it")]
    Token,
}

impl Fault for PageError {
    fn class(&self) -> Class {
        Class::Invalid
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NegativeSize { .. } => "validation-failed",
            Self::Token => "invalid-page-token",
        }
    }

    fn fields(&self) -> &[FieldError] {
        match self {
            Self::NegativeSize { fields } => fields,
            Self::Token => &[],
        }
    }
}

impl PageRequest {
    /// How many rows the page may have.
    ///
    /// # Errors
    /// When the size is negative.
    pub fn rows_max(&self) -> Result<u64, PageError> {
        match self.size.map(u64::try_from) {
            None | Some(Ok(0)) => Ok(SIZE_DEFAULT),
            Some(Ok(size)) => Ok(size.min(SIZE_MAX)),
            Some(Err(_)) => {
                let field = FieldError { pointer: "page_size".into(), detail: "must not be negative".into() };
                Err(PageError::NegativeSize { fields: vec![field] })
            }
        }
    }

    /// The key after which the page begins; `None` for the first page.
    ///
    /// # Errors
    /// [`PageError::Token`] when the token is not one of this list with this filter.
    pub fn after<K: DeserializeOwned>(&self, list: &str, filter: &impl Serialize) -> Result<Option<K>, PageError> {
        let Some(token) = self.token.as_deref().filter(|token| !token.is_empty()) else { return Ok(None) };
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| PageError::Token)?;
        let (tag, key) = bytes.split_at_checked(TAG_BYTES).ok_or(PageError::Token)?;
        if tag != tag_of(list, filter, key) {
            return Err(PageError::Token);
        }
        serde_json::from_slice(key).map(Some).map_err(|_| PageError::Token)
    }

    /// Make a page of the rows that a query for `rows_max() + 1` rows answered.
    ///
    /// # Errors
    /// As [`PageRequest::rows_max`].
    pub fn page<T, K: Serialize>(
        &self,
        list: &str,
        filter: &impl Serialize,
        mut rows: Vec<T>,
        key: impl Fn(&T) -> K,
    ) -> Result<Page<T>, PageError> {
        let rows_max = usize::try_from(self.rows_max()?).unwrap_or(usize::MAX);
        let more = rows.len() > rows_max;
        rows.truncate(rows_max);
        let next = rows.last().filter(|_| more).map(|row| token(list, filter, &key(row)));
        Ok(Page { items: rows, next_page_token: next })
    }

    /// A page of rows that may be large, to be filled step by step. It ends early, behind the row that brings it to `bytes_max`, and has one
    /// row at least.
    ///
    /// # Errors
    /// As [`PageRequest::rows_max`] and [`PageRequest::after`].
    pub fn filling<T, K: DeserializeOwned>(
        &self,
        list: &str,
        filter: &impl Serialize,
        bytes_max: usize,
    ) -> Result<Filling<T, K>, PageError> {
        let (rows_max, after) = (self.rows_max()?, self.after(list, filter)?);
        Ok(Filling { rows_max, bytes_max, items: Vec::new(), bytes: 0, last: after, more: true })
    }
}

/// A page on its way.
#[derive(Debug)]
pub struct Filling<T, K> {
    rows_max: u64,
    bytes_max: usize,
    items: Vec<T>,
    bytes: usize,
    /// The key of the last row.
    last: Option<K>,
    /// Whether there are rows behind it, as far as is known.
    more: bool,
}

impl<T, K: Copy + Serialize> Filling<T, K> {
    /// What to read next: up to so many rows behind that key. `None` when the page is full.
    #[must_use]
    pub fn wants(&self) -> Option<(Option<K>, u64)> {
        let is_open = self.more && self.has_room() && self.step() > 0;
        is_open.then(|| (self.last, self.step() + 1))
    }

    /// Add what was read; `size` says a row's key and its bytes.
    pub fn add(&mut self, rows: Vec<T>, size: impl Fn(&T) -> (K, usize)) {
        let (mut step, mut rows) = (self.step(), rows.into_iter());
        while step > 0 && self.has_room() {
            let Some(row) = rows.next() else { break };
            let (key, bytes) = size(&row);
            self.items.push(row);
            (self.last, self.bytes, step) = (Some(key), self.bytes + bytes, step - 1);
        }
        self.more = rows.next().is_some();
    }

    /// The page as it is, of the list and filter that it was begun for.
    #[must_use]
    pub fn page(self, list: &str, filter: &impl Serialize) -> Page<T> {
        let next_page_token = self.last.filter(|_| self.more).map(|key| token(list, filter, &key));
        Page { items: self.items, next_page_token }
    }

    /// A first row has room in any page: each page leads on.
    fn has_room(&self) -> bool {
        self.items.is_empty() || self.bytes < self.bytes_max
    }

    /// Twice as many rows as there are by now, and no more than fill the page if the next are as large as those on the average.
    fn step(&self) -> u64 {
        let rows = self.items.len() as u64;
        let left = self.rows_max.saturating_sub(rows);
        let grown = rows.saturating_mul(2).clamp(STEP_ROWS_FIRST, STEP_ROWS_MAX);
        let fitting = (self.bytes as u64).checked_div(rows).map(|mean| self.bytes_left().div_ceil(mean.max(1)));
        left.min(grown).min(fitting.unwrap_or(grown))
    }

    fn bytes_left(&self) -> u64 {
        self.bytes_max.saturating_sub(self.bytes) as u64
    }
}

fn token(list: &str, filter: &impl Serialize, key: &impl Serialize) -> String {
    let key = serde_json::to_vec(key).unwrap_or_default();
    let mut bytes = tag_of(list, filter, &key).to_vec();
    bytes.extend(key);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A token gives nobody a right, since every page is filtered for its caller; so it needs a checksum and no key.
fn tag_of(list: &str, filter: &impl Serialize, key: &[u8]) -> [u8; TAG_BYTES] {
    let filter = serde_json::to_vec(filter).unwrap_or_default();
    let mut hash = Sha256::new();
    for part in [b"page token 1", list.as_bytes(), &filter, key] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let mut tag = [0; TAG_BYTES];
    tag.copy_from_slice(&hash.finalize()[..TAG_BYTES]);
    tag
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(size: Option<i64>, token: Option<String>) -> PageRequest {
        PageRequest { size, token }
    }

    #[test]
    fn a_size_is_bounded_and_never_negative() {
        let sizes = [None, Some(0), Some(7), Some(1_000), Some(5_000)].map(|size| asked(size, None).rows_max());
        assert_eq!(sizes, [Ok(50), Ok(50), Ok(7), Ok(1_000), Ok(1_000)]);
        assert!(asked(Some(-1), None).rows_max().is_err());
    }

    #[test]
    fn a_token_leads_on_in_its_own_list_and_nowhere_else() -> Result<(), PageError> {
        let page = asked(Some(2), None).page("agents", &"deployed", vec![1, 2, 3], |row| *row)?;
        assert_eq!(page.items, [1, 2]);
        let token = page.next_page_token.unwrap_or_default();
        assert_eq!(asked(None, Some(token.clone())).after::<i32>("agents", &"deployed")?, Some(2));
        assert_eq!(asked(None, Some(token.clone())).after::<i32>("agents", &"draft"), Err(PageError::Token));
        assert_eq!(asked(None, Some(token.clone())).after::<i32>("executions", &"deployed"), Err(PageError::Token));
        for at in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap_or_default();
            assert_eq!(asked(None, Some(changed)).after::<i32>("agents", &"deployed"), Err(PageError::Token));
        }
        Ok(())
    }

    /// All rows by their pages, each of which asks for so many rows and ends at a hundred bytes.
    fn paged(rows: &[usize], size: i64) -> Result<Vec<Vec<usize>>, PageError> {
        let (mut pages, mut request) = (Vec::new(), asked(Some(size), None));
        loop {
            let mut filling = request.filling::<_, usize>("rows", &(), 100)?;
            while let Some((after, rows_max)) = filling.wants() {
                let behind = (after.map_or(0, |after| after + 1)..rows.len()).map(|at| (at, rows[at]));
                filling.add(behind.take(usize::try_from(rows_max).unwrap_or(usize::MAX)).collect(), |row| *row);
            }
            let page = filling.page("rows", &());
            pages.push(page.items.into_iter().map(|(_, bytes)| bytes).collect());
            request.token = page.next_page_token;
            if request.token.is_none() {
                return Ok(pages);
            }
        }
    }

    #[test]
    fn a_page_ends_with_its_rows_or_with_its_bytes_and_the_next_goes_on() -> Result<(), PageError> {
        assert_eq!(paged(&[60, 60, 5, 500, 1, 1], 3)?, [vec![60, 60], vec![5, 500], vec![1, 1]]);
        assert_eq!(paged(&[1, 1, 1, 1], 2)?, [vec![1, 1], vec![1, 1]], "no page is empty");
        assert_eq!(paged(&[0; 130], 60)?.iter().map(Vec::len).collect::<Vec<_>>(), [60, 60, 10], "in more than one step");
        assert_eq!(paged(&[], 3)?, [Vec::<usize>::new()]);
        Ok(())
    }

    #[test]
    fn a_page_of_no_bytes_has_a_row_all_the_same() -> Result<(), PageError> {
        let mut filling = asked(None, None).filling::<_, usize>("rows", &(), 0)?;
        assert_eq!(filling.wants(), Some((None, 9)));
        filling.add(vec![(0, 7), (1, 7)], |row| *row);
        assert_eq!(filling.wants(), None);
        let page = filling.page("rows", &());
        assert!(page.items == [(0, 7)] && page.next_page_token.is_some());
        Ok(())
    }

    #[test]
    fn the_more_of_small_rows_there_are_the_more_are_read_at_once() -> Result<(), PageError> {
        for (bytes, expected) in [(10, vec![8, 16, 48, 100, 100, 28]), (60_000, vec![8, 9])] {
            let (mut filling, mut steps) = (asked(Some(300), None).filling::<_, usize>("rows", &(), 1_000_000)?, Vec::new());
            while let Some((after, rows)) = filling.wants() {
                steps.push(rows - 1);
                let first = after.map_or(0, |after| after + 1);
                filling.add((first..first + usize::try_from(rows).unwrap_or(usize::MAX)).map(|at| (at, bytes)).collect(), |row| *row);
            }
            assert_eq!(steps, expected, "of {bytes} bytes each");
        }
        Ok(())
    }

    #[test]
    fn the_last_page_leads_nowhere() -> Result<(), PageError> {
        assert_eq!(asked(Some(3), None).page("agents", &(), vec![1, 2, 3], |row| *row)?.next_page_token, None);
        Ok(())
    }
}
