//! What somebody may have meant who has mistyped a name.

use super::ALIASES;

/// From here on two names are alike: 1 is the same, 0 has nothing in common.
const ALIKE_MIN: f64 = 0.6;

/// The name that is most like what was typed, if one is like it at all.
pub fn of<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let likeness = |name: &'a str| (name, strsim::normalized_damerau_levenshtein(typed, name));
    let alike = names.into_iter().map(likeness).filter(|(_, likeness)| *likeness >= ALIKE_MIN);
    alike.max_by(|(_, one), (_, other)| one.total_cmp(other)).map(|(name, _)| name)
}

/// The variable that sets a field.
pub fn variable(section: &str, field: &str) -> String {
    format!("TALLYMAN_{}_{}", section.to_uppercase(), field.to_uppercase())
}

/// The setting that a name without its `TALLYMAN_` stands next to: a short name, or a field of the section that it begins most like.
pub fn setting(rest: &str, known_sections: &[&str]) -> Option<String> {
    let shouted = rest.to_uppercase();
    if let Some((short, ..)) = ALIASES.iter().find(|(short, ..)| *short == shouted) {
        return Some((*short).to_owned());
    }
    let words: Vec<&str> = rest.split('_').collect();
    let likeness = |section: &&str| {
        let (head, field) = words.split_at(section.split('_').count().min(words.len()));
        let field = if field.is_empty() { "<field>".to_owned() } else { field.join("_") };
        (variable(section, &field), strsim::normalized_damerau_levenshtein(&head.join("_"), section))
    };
    let sections = known_sections.iter().map(likeness).filter(|(_, likeness)| *likeness >= ALIKE_MIN);
    let section = sections.max_by(|(_, one), (_, other)| one.total_cmp(other)).map(|(variable, _)| variable);
    section.or_else(|| of(&shouted, ALIASES.iter().map(|(short, ..)| *short)).map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_letters_that_changed_places_are_alike_and_another_word_is_not() {
        assert_eq!(of("potr", ["host", "port", "public_url"]), Some("port"));
        assert_eq!(of("prt", ["host", "port"]), Some("port"));
        assert_eq!(of("colour", ["host", "port"]), None);
    }

    #[test]
    fn a_setting_is_found_by_its_short_name_and_by_its_section() {
        let sections = ["api", "api_keys", "executions", "jobs"];
        for (rest, nearest) in [
            ("port", Some("PORT")),
            ("data_dri", Some("DATA_DIR")),
            ("job_lease_seconds", Some("TALLYMAN_JOBS_LEASE_SECONDS")),
            ("execution_memory_mib_max", Some("TALLYMAN_EXECUTIONS_MEMORY_MIB_MAX")),
            ("jobs", Some("TALLYMAN_JOBS_<FIELD>")),
            ("foo", None),
        ] {
            assert_eq!(setting(rest, &sections).as_deref(), nearest, "{rest}");
        }
    }
}
