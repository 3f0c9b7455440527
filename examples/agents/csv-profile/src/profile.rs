//! Reads the text as RFC 4180 says, with the first record as header.

use csv::{ErrorKind, ReaderBuilder, StringRecord};
use serde::Serialize;

use crate::column::{Column, Seen};

const COLUMNS_MAX: usize = 1_000;

#[derive(Debug, Serialize)]
pub struct Profile {
    pub rows: u64,
    pub columns: Vec<Column>,
}

/// Why there is no profile: a code for programs and a sentence for people.
#[derive(Debug, PartialEq, Eq)]
pub struct Problem {
    pub code: &'static str,
    pub message: String,
}

/// # Errors
/// `bad_delimiter`, `no_header`, `too_many_columns`, or `bad_csv` with the line.
pub fn of(text: &str, delimiter: Option<&str>) -> Result<Profile, Problem> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = ReaderBuilder::new().delimiter(byte(delimiter.unwrap_or(","))?).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| bad_csv(&error))?;
    if header.is_empty() {
        return Err(Problem { code: "no_header", message: "the text has no header line".to_owned() });
    }
    if header.len() > COLUMNS_MAX {
        let message = format!("the header has {} columns, {COLUMNS_MAX} are allowed", header.len());
        return Err(Problem { code: "too_many_columns", message });
    }
    let mut columns: Vec<Seen> = header.iter().map(Seen::nothing).collect();
    let (mut rows, mut record) = (0, StringRecord::new());
    while reader.read_record(&mut record).map_err(|error| bad_csv(&error))? {
        rows += 1;
        columns.iter_mut().zip(&record).for_each(|(column, value)| column.see(value));
    }
    Ok(Profile { rows, columns: columns.into_iter().map(Seen::into_column).collect() })
}

fn byte(delimiter: &str) -> Result<u8, Problem> {
    match delimiter.as_bytes() {
        [byte] if byte.is_ascii() && !matches!(byte, b'"' | b'\r' | b'\n' | 0) => Ok(*byte),
        _ => {
            let message = format!("the delimiter {delimiter:?} is not one ASCII character other than a quote or a line end");
            Err(Problem { code: "bad_delimiter", message })
        }
    }
}

fn bad_csv(error: &csv::Error) -> Problem {
    let message = match error.kind() {
        ErrorKind::UnequalLengths { pos: Some(place), expected_len, len } => {
            format!("line {}: {len} fields where the header has {expected_len}", place.line())
        }
        _ => error.to_string(),
    };
    Problem { code: "bad_csv", message }
}

#[cfg(test)]
mod tests {
    use super::of;

    fn json(text: &str) -> serde_json::Value {
        serde_json::to_value(of(text, None).unwrap()).unwrap()
    }

    #[test]
    fn every_type_is_recognised() {
        let profile = json("id,price,paid,day,name\n1,1.5,true,2024-02-29,Ann\n3,2e0,FALSE,2023-01-01,\n");
        assert_eq!(profile["rows"], 2);
        let columns = profile["columns"].as_array().unwrap();
        let types: Vec<_> = columns.iter().map(|column| column["type"].as_str().unwrap()).collect();
        assert_eq!(types, ["integer", "number", "boolean", "date", "text"]);
        assert_eq!((&columns[0]["min"], &columns[0]["max"], &columns[0]["mean"]), (&1.into(), &3.into(), &2.0.into()));
        assert_eq!((&columns[1]["min"], &columns[1]["mean"]), (&1.5.into(), &1.75.into()));
        assert_eq!((&columns[3]["min"], &columns[3]["max"]), (&"2023-01-01".into(), &"2024-02-29".into()));
        assert_eq!((&columns[4]["nulls"], &columns[4]["distinct"]), (&1.into(), &1.into()));
    }

    #[test]
    fn quotes_commas_and_line_ends_within_fields_are_data() {
        let profile = json("\"a\"\"b\",c\r\n\"x\r\ny, z\",1\r\n\"\",2\r\n");
        assert_eq!((&profile["rows"], &profile["columns"][0]["name"]), (&2.into(), &"a\"b".into()));
        assert_eq!(profile["columns"][0]["nulls"], 1);
        assert_eq!(profile["columns"][1]["type"], "integer");
    }

    #[test]
    fn a_row_of_another_length_is_refused_with_its_line() {
        let problem = of("a,b\n1,2\n3\n", None).unwrap_err();
        assert_eq!((problem.code, &problem.message[..]), ("bad_csv", "line 3: 1 fields where the header has 2"));
    }

    #[test]
    fn an_empty_text_has_no_header() {
        assert_eq!(of("", None).unwrap_err().code, "no_header");
        assert_eq!(of("a,b", None).unwrap().rows, 0);
    }

    #[test]
    fn a_byte_order_mark_is_not_part_of_the_first_name() {
        assert_eq!(json("\u{feff}a\n1\n")["columns"][0]["name"], "a");
    }

    #[test]
    fn a_delimiter_is_one_ascii_character() {
        assert_eq!(of("a;b\n1;2\n", Some(";")).unwrap().columns.len(), 2);
        assert_eq!(of("a\tb\n", Some("\t")).unwrap().columns.len(), 2);
        for bad in ["", ";;", "\"", "\n", "é"] {
            assert_eq!(of("a\n", Some(bad)).unwrap_err().code, "bad_delimiter", "{bad:?}");
        }
    }
}
