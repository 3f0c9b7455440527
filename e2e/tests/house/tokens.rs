//! `tallyman token issue`: one token and nothing else, and whoever issued it can issue for the same user again.

use e2e::Installation;

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_all_that_is_printed_and_its_user_is_named_beside_it() {
    let installation = Installation::embedded();
    let first = installation.run(&["token", "issue", "--role", "operator"]);
    assert_eq!((first.code, first.stdout.trim().split('.').count(), first.stdout.trim().lines().count()), (Some(0), 3, 1), "{first:?}");
    let user = first.stderr.split_whitespace().find(|word| word.starts_with("usr_")).expect("it says which user it made").to_owned();
    let again = installation.run(&["token", "issue", "--role", "operator", "--user", &user]);
    assert_eq!((again.code, again.stderr.as_str()), (Some(0), ""), "nobody was made");
    let other = installation.run(&["token", "issue", "--role", "architect", "--user", &user]);
    assert_ne!(other.code, Some(0), "a role is not granted at the shell: {other:?}");
    assert_eq!(other.stdout, "");
}
