//! Whether a secret was made by chance. Nobody can prove that it was; what gives itself away is refused.

use std::collections::BTreeSet;

/// Different characters at least: random texts have more, what somebody typed has not.
const DIFFERENT_MIN: usize = 12;

/// Words that stand in examples and defaults. A random text of 44 characters holds one of them once in ten million times.
const TYPED: [&str; 14] = [
    "changeme",
    "change-me",
    "change_me",
    "default",
    "development",
    "example",
    "insecure",
    "password",
    "placeholder",
    "replace",
    "secret",
    "tallyman",
    "your-",
    "your_",
];

/// Why a text is no secret, as the end of a sentence that begins with its name.
pub fn weakness(text: &str, chars_min: usize) -> Option<&'static str> {
    let chars: Vec<char> = text.chars().collect();
    let lower = text.to_ascii_lowercase();
    if chars.len() < chars_min {
        return Some("has less than 32 characters");
    }
    if TYPED.iter().any(|word| lower.contains(word)) {
        return Some("is an example or a default that others know");
    }
    if chars.iter().collect::<BTreeSet<_>>().len() < DIFFERENT_MIN || repeats_itself(&chars) || is_a_row(&chars) {
        return Some("is not random");
    }
    None
}

/// One text over and over.
fn repeats_itself(chars: &[char]) -> bool {
    (1..=chars.len() / 2).any(|period| chars.iter().zip(&chars[period..]).all(|(one, next)| one == next))
}

/// `abcdef…`, `0123…`: most characters are the one after their neighbour.
fn is_a_row(chars: &[char]) -> bool {
    let next = |pair: &&[char]| u32::from(pair[1]).abs_diff(u32::from(pair[0])) == 1;
    chars.windows(2).filter(next).count() * 2 > chars.len()
}

#[cfg(test)]
mod tests {
    use super::weakness;

    #[test]
    fn what_somebody_typed_is_no_secret() {
        for weak in [
            "",
            "changeme",
            "d8Vb0xR2xq6yF1m7s9KJpQzLw3TnHgE",
            "your_jwt_secret_here_and_some_more_of_it",
            "Please-Change-Me-before-production-0123456789",
            "supersecretsupersecretsupersecret-0123",
            "00000000000000000000000000000000000000000000",
            "0123456789abcdef0123456789abcdef",
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
            "q7Zr2Lm9Xb4Kq7Zr2Lm9Xb4Kq7Zr2Lm9Xb4K",
        ] {
            assert!(weakness(weak, 32).is_some(), "{weak}");
        }
        for random in
            ["d8Vb0xR2xq6yF1m7s9KJpQzLw3TnHgEaUcYoIiBvXW4=", "6f1c0b9e37a24d58e2b7904fd1c83a65", "6f1c0b9e37a24d58e2b7904fd1c83a656f1c0b9e"]
        {
            assert_eq!(weakness(random, 32), None, "{random}");
        }
    }
}
