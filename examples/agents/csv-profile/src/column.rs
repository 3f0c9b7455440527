//! One column: which types its values leave possible, and what is counted on the way.

use std::collections::HashSet;

use serde::Serialize;

use crate::date::is_date;

/// More distinct values than this are not counted.
const DISTINCT_MAX: usize = 10_000;
/// Integers up to here are exact, also in the sum of two thousand million rows.
const INTEGER_MAX: i128 = 1 << 96;

#[derive(Debug, Serialize)]
pub struct Column {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: Kind,
    /// Empty values, quoted or not.
    pub nulls: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distinct: Option<usize>,
    pub min: Option<Extreme>,
    pub max: Option<Extreme>,
    pub mean: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Integer,
    Number,
    Boolean,
    Date,
    Text,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Extreme {
    Integer(i128),
    Number(f64),
    Date(String),
}

/// A column of which some rows have been seen. A type is possible until a value contradicts it.
pub struct Seen {
    name: String,
    values: u64,
    nulls: u64,
    distinct: Option<HashSet<String>>,
    integers: Option<Integers>,
    numbers: Option<Numbers>,
    booleans: bool,
    dates: Option<Dates>,
}

#[derive(Default)]
struct Integers {
    sum: i128,
    range: Option<(i128, i128)>,
}

#[derive(Default)]
struct Numbers {
    sum: f64,
    /// What the sum has lost to rounding (Neumaier).
    lost: f64,
    range: Option<(f64, f64)>,
}

#[derive(Default)]
struct Dates {
    range: Option<(String, String)>,
}

/// What a column's values make of it.
struct Summary {
    kind: Kind,
    range: Option<(Extreme, Extreme)>,
    mean: Option<f64>,
}

impl Seen {
    pub fn nothing(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            values: 0,
            nulls: 0,
            distinct: Some(HashSet::new()),
            integers: Some(Integers::default()),
            numbers: Some(Numbers::default()),
            booleans: true,
            dates: Some(Dates::default()),
        }
    }

    pub fn see(&mut self, value: &str) {
        if value.is_empty() {
            self.nulls += 1;
            return;
        }
        self.values += 1;
        self.count_distinct(value);
        self.integers = self.integers.take().zip(integer(value)).map(|(seen, value)| seen.with(value));
        self.numbers = self.numbers.take().zip(number(value)).map(|(seen, value)| seen.with(value));
        self.booleans &= value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false");
        self.dates = self.dates.take().filter(|_| is_date(value)).map(|seen| seen.with(value));
    }

    fn count_distinct(&mut self, value: &str) {
        if let Some(distinct) = &mut self.distinct
            && !distinct.contains(value)
        {
            distinct.insert(value.to_owned());
            self.distinct = self.distinct.take().filter(|distinct| distinct.len() <= DISTINCT_MAX);
        }
    }

    pub fn into_column(self) -> Column {
        let Summary { kind, range, mean } = self.strictest();
        let (min, max) = range.unzip();
        Column { name: self.name, kind, nulls: self.nulls, distinct: self.distinct.map(|values| values.len()), min, max, mean }
    }

    fn strictest(&self) -> Summary {
        let without_range = |kind| Summary { kind, range: None, mean: None };
        if self.values == 0 {
            return without_range(Kind::Text);
        }
        if let Some(Integers { sum, range }) = &self.integers {
            let range = range.map(|(min, max)| (Extreme::Integer(min), Extreme::Integer(max)));
            return Summary { kind: Kind::Integer, range, mean: Some(exact_mean(*sum, self.values)) };
        }
        if let Some(Numbers { sum, lost, range }) = &self.numbers {
            let range = range.map(|(min, max)| (Extreme::Number(min), Extreme::Number(max)));
            #[expect(clippy::cast_precision_loss, reason = "no text has 2^53 rows")]
            let mean = (sum + lost) / self.values as f64;
            return Summary { kind: Kind::Number, range, mean: Some(mean).filter(|mean| mean.is_finite()) };
        }
        if self.booleans {
            return without_range(Kind::Boolean);
        }
        let Some(Dates { range }) = &self.dates else { return without_range(Kind::Text) };
        let range = range.clone().map(|(min, max)| (Extreme::Date(min), Extreme::Date(max)));
        Summary { kind: Kind::Date, range, mean: None }
    }
}

impl Dates {
    fn with(self, value: &str) -> Self {
        let (min, max) = self.range.unwrap_or_else(|| (value.to_owned(), value.to_owned()));
        Self { range: Some((min.min(value.to_owned()), max.max(value.to_owned()))) }
    }
}

impl Integers {
    fn with(self, value: i128) -> Self {
        let (min, max) = self.range.unwrap_or((value, value));
        Self { sum: self.sum + value, range: Some((min.min(value), max.max(value))) }
    }
}

impl Numbers {
    fn with(self, value: f64) -> Self {
        let sum = self.sum + value;
        let lost = if self.sum.abs() >= value.abs() { (self.sum - sum) + value } else { (value - sum) + self.sum };
        let (min, max) = self.range.unwrap_or((value, value));
        Self { sum, lost: self.lost + lost, range: Some((min.min(value), max.max(value))) }
    }
}

/// The quotient is taken in integers, so that large values that are close together keep their difference.
#[expect(clippy::cast_precision_loss, reason = "the mean is a double; only its last rounding may lose something")]
fn exact_mean(sum: i128, count: u64) -> f64 {
    let count = i128::from(count);
    (sum / count) as f64 + (sum % count) as f64 / count as f64
}

/// Digits with an optional minus sign. A number with leading zeros is a code, not a number.
fn integer(text: &str) -> Option<i128> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && (digits == "0" || !digits.starts_with('0'));
    text.parse().ok().filter(|value: &i128| plain && value.abs() <= INTEGER_MAX)
}

/// Decimal notation with an optional exponent; neither infinity, nor NaN, nor a code with leading zeros, nor more than a double holds.
fn number(text: &str) -> Option<f64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let whole = digits.split(['.', 'e', 'E']).next().unwrap_or_default();
    let code = whole.len() > 1 && whole.starts_with('0');
    let plain = digits.starts_with(|first: char| first.is_ascii_digit() || first == '.') && !code;
    let too_long = whole.len() == digits.len() && integer(text).is_none();
    text.parse().ok().filter(|value: &f64| plain && !too_long && value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::{Column, Extreme, Kind, Seen};

    fn column(values: &[&str]) -> Column {
        let mut seen = Seen::nothing("x");
        for value in values {
            seen.see(value);
        }
        seen.into_column()
    }

    #[test]
    fn integers_beyond_a_double_stay_exact() {
        let column = column(&["9007199254740993", "9007199254740993", "18446744073709551616"]);
        assert_eq!(column.kind, Kind::Integer);
        assert_eq!(column.min, Some(Extreme::Integer(9_007_199_254_740_993)));
        assert_eq!(serde_json::to_string(&column.max).unwrap(), "18446744073709551616");
    }

    #[test]
    fn the_mean_of_close_large_integers_does_not_drift() {
        assert_eq!(column(&["4503599627370496", "4503599627370497"]).mean, Some(4_503_599_627_370_496.5));
        assert_eq!(column(&["-1", "0"]).mean, Some(-0.5));
    }

    #[test]
    fn codes_with_leading_zeros_are_text() {
        assert_eq!(column(&["00501", "10001"]).kind, Kind::Text);
        assert_eq!(column(&["0", "0.5", "-0.25"]).kind, Kind::Number);
    }

    #[test]
    fn what_only_looks_like_a_number_is_text() {
        for text in ["inf", "NaN", "1e999", "0x10", "1_000", "+1", " 1", "-", ".", "1e", &"9".repeat(60)] {
            assert_eq!(column(&[text]).kind, Kind::Text, "{text}");
        }
    }

    #[test]
    fn one_value_of_another_type_makes_the_column_wider() {
        assert_eq!(column(&["1", "2.5"]).kind, Kind::Number);
        assert_eq!(column(&["1", "true"]).kind, Kind::Text);
        assert_eq!(column(&["2024-01-01", "2024-02-30"]).kind, Kind::Text);
        assert_eq!(column(&["", ""]).kind, Kind::Text);
    }

    #[test]
    fn distinct_values_are_counted_up_to_a_limit() {
        let many: Vec<String> = (0..10_001).map(|number| number.to_string()).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(column(&many[..10_000]).distinct, Some(10_000));
        assert_eq!(column(&many).distinct, None);
    }

    #[test]
    fn small_numbers_do_not_drown_in_large_ones() {
        assert_eq!(column(&["1e16", "1.5", "-1e16"]).mean, Some(0.5));
    }
}
