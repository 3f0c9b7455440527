//! One name, two spellings.

/// `destinationWallet` → `destination_wallet`; what is `snake_case` already stays.
#[must_use]
pub fn snake(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    let mut after_lower = false;
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            if after_lower {
                snake.push('_');
            }
            snake.push(letter.to_ascii_lowercase());
            after_lower = false;
        } else {
            after_lower = letter != '_';
            snake.push(letter);
        }
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::snake;

    #[test]
    fn both_spellings_name_the_same_field() {
        for (given, field) in
            [("txHash", "tx_hash"), ("tx_hash", "tx_hash"), ("price2Max", "price2_max"), ("a", "a"), ("agentID", "agent_id")]
        {
            assert_eq!(snake(given), field);
        }
    }
}
