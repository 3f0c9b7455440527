//! One line that people read: a name, a sort of service.

/// What is wrong with the text, if it is no line of 1 … `chars_max` characters that shows from its first to its last.
pub fn fault_of(text: &str, chars_max: usize) -> Option<String> {
    let shows = !text.is_empty() && text.trim().len() == text.len() && !text.chars().any(char::is_control);
    let fits = shows && text.chars().count() <= chars_max;
    (!fits).then(|| format!("must have 1 to {chars_max} characters, the first and the last of which show, and no control characters"))
}

#[cfg(test)]
mod tests {
    use super::fault_of;

    #[test]
    fn a_line_shows_from_its_first_character_to_its_last() {
        for good in ["a", "Ann B.", "ärztin", "éééé"] {
            assert_eq!(fault_of(good, 6), None, "{good}");
        }
        for wrong in ["", " ", "a ", "\u{a0}a", "a\nb", "a\0", "1234567"] {
            assert!(fault_of(wrong, 6).is_some_and(|fault| fault.starts_with("must have 1 to 6 characters")), "{wrong:?}");
        }
    }
}
