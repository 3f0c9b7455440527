//! Calendar dates, ISO 8601: `YYYY-MM-DD`.

/// Whether the text is a day that exists. Such texts order as the days do.
pub fn is_date(text: &str) -> bool {
    let [year, month, day] = text.split('-').collect::<Vec<_>>()[..] else { return false };
    let digits = |part: &str, count| part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit());
    if !(digits(year, 4) && digits(month, 2) && digits(day, 2)) {
        return false;
    }
    let [year, month, day] = [year, month, day].map(|part| part.parse::<u32>().unwrap_or(0));
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}

#[cfg(test)]
mod tests {
    use super::is_date;

    #[test]
    fn only_days_that_exist_are_dates() {
        for day in ["2024-02-29", "2000-02-29", "1999-12-31", "0001-01-01"] {
            assert!(is_date(day), "{day}");
        }
        for no_day in ["2023-02-29", "1900-02-29", "2024-13-01", "2024-04-31", "2024-1-1", "2024-01-00", "20240101", "+024-01-01", ""] {
            assert!(!is_date(no_day), "{no_day}");
        }
    }
}
