//! Signing in with a wallet.

use std::time::Duration;

use domain::Fault as _;
use domain::accounts::{AccountError, Credential};
use domain::entities::Address;
use domain::sign_in::{SignInError, Signed, WalletLogin};
use testkit::{TestWallet, World};

crate::on_every_engine!(
    a_wallet_signs_in_and_is_the_same_user_ever_after,
    of_a_thousand_answers_to_one_challenge_one_gets_in,
    of_many_answers_of_a_known_wallet_one_gets_in,
    many_first_sign_ins_of_one_wallet_make_one_user,
    every_field_of_the_message_counts,
    a_message_is_good_for_ten_minutes_and_its_nonce_for_five,
    the_fifth_wrong_answer_ends_a_challenge,
    only_the_wallet_that_was_challenged_may_answer,
    keys_that_sign_anything_sign_nobody_in,
    an_off_chain_message_is_read_through_its_preamble,
    a_suspended_wallet_stays_out,
    a_known_wallet_is_refused_for_the_same_reasons_on_the_short_way_as_on_the_long_one,
);

async fn a_wallet_signs_in_and_is_the_same_user_ever_after(world: World) {
    let wallet = TestWallet::new(1);
    let first = world.domain.sign_ins().by_wallet(&wallet.answers(&world).await).await.unwrap();
    assert_eq!(first.user.wallet_address, Some(wallet.address()));
    let again = world.domain.sign_ins().by_wallet(&wallet.answers(&world).await).await.unwrap();
    assert_eq!(first.user.id, again.user.id);
    assert_ne!(first.sign_in_id, again.sign_in_id);
    let caller = world.domain.accounts().caller(first.user.id, Credential::SignIn(first.sign_in_id)).await.unwrap();
    assert_eq!(caller, first.caller());
    let wallets = world.domain.accounts().identities(&caller).await.unwrap();
    assert_eq!(wallets.iter().map(|it| it.subject.clone()).collect::<Vec<_>>(), [wallet.address().to_string()]);
    assert_eq!(world.database.count("SELECT count(*) FROM sign_ins WHERE method = 'wallet'").await, 2);
    world.finish().await;
}

async fn of_a_thousand_answers_to_one_challenge_one_gets_in(world: World) {
    let wallet = TestWallet::new(1);
    let login = wallet.answers(&world).await;
    let all = (0..1_000).map(|_| {
        let (domain, login) = (world.domain.clone(), login.clone());
        testkit::spawn(async move { domain.sign_ins().by_wallet(&login).await })
    });
    let mut admitted = 0;
    for one in futures::future::join_all(all).await {
        match one.unwrap() {
            Ok(_) => admitted += 1,
            Err(refused) => assert!(matches!(refused, SignInError::Nonce), "{refused:?}"),
        }
    }
    assert_eq!(admitted, 1);
    assert_eq!(world.database.count("SELECT count(*) FROM users").await, 1);
    assert_eq!(world.database.count("SELECT count(*) FROM refresh_tokens").await, 1);
    world.finish().await;
}

async fn of_many_answers_of_a_known_wallet_one_gets_in(world: World) {
    let wallet = TestWallet::new(1);
    let first = world.domain.sign_ins().by_wallet(&wallet.answers(&world).await).await.unwrap();
    let login = wallet.answers(&world).await;
    let all = (0..100).map(|_| {
        let (domain, login) = (world.domain.clone(), login.clone());
        testkit::spawn(async move { domain.sign_ins().by_wallet(&login).await })
    });
    let mut admitted = Vec::new();
    for one in futures::future::join_all(all).await {
        match one.unwrap() {
            Ok(signed_in) => admitted.push(signed_in),
            Err(refused) => assert!(matches!(refused, SignInError::Nonce), "{refused:?}"),
        }
    }
    let [again] = admitted.as_slice() else { panic!("{} got in", admitted.len()) };
    assert_eq!(again.user, first.user);
    let next = world.domain.sign_ins().refresh(again.refresh_token.reveal()).await.unwrap();
    assert_eq!((next.user.id, next.sign_in_id), (first.user.id, again.sign_in_id));
    let late = wallet.answers(&world).await;
    world.clock.advance(Duration::from_mins(5));
    assert!(matches!(world.domain.sign_ins().by_wallet(&late).await, Err(SignInError::Message(_) | SignInError::Nonce)));
    assert_eq!(world.database.count("SELECT count(*) FROM sign_ins").await, 2);
    world.finish().await;
}

async fn many_first_sign_ins_of_one_wallet_make_one_user(world: World) {
    let wallet = TestWallet::new(1);
    let mut logins = Vec::new();
    for _ in 0..16 {
        logins.push(wallet.answers(&world).await);
    }
    let all = logins.into_iter().map(|login| {
        let domain = world.domain.clone();
        testkit::spawn(async move { domain.sign_ins().by_wallet(&login).await.unwrap().user.id })
    });
    let mut users: Vec<_> = futures::future::join_all(all).await.into_iter().map(Result::unwrap).collect();
    users.dedup();
    assert_eq!(users.len(), 1);
    assert_eq!(world.database.count("SELECT count(*) FROM users").await, 1);
    world.finish().await;
}

async fn every_field_of_the_message_counts(world: World) {
    let wallet = TestWallet::new(1);
    let other = TestWallet::new(2).address().to_string();
    let address = wallet.address().to_string();
    for (said, instead) in [
        ("127.0.0.1:8080 wants", "evil.example wants"),
        (address.as_str(), other.as_str()),
        ("URI: http://127.0.0.1:8080", "URI: http://127.0.0.1:8081"),
        ("URI: http://127.0.0.1:8080\n", ""),
        ("Version: 1\n", ""),
        ("Chain ID: localnet", "Chain ID: mainnet"),
        ("Chain ID: localnet\n", ""),
        ("Issued At: 2", "Issued At: 1"),
        ("Expiration Time: 2", "Expiration Time: 1"),
        ("Nonce: ", "nonce: "),
    ] {
        let challenge = world.domain.sign_ins().challenge(wallet.address()).await.unwrap();
        assert!(challenge.message.contains(said), "{said}");
        let login = wallet.signs(&challenge.message.replace(said, instead));
        let refused = world.domain.sign_ins().by_wallet(&login).await.unwrap_err();
        assert_eq!(refused.code(), "invalid-sign-in-message", "{instead}: {refused}");
    }
    let challenge = world.domain.sign_ins().challenge(wallet.address()).await.unwrap();
    let unknown = challenge.message.replace(&challenge.nonce, "0123456789abcdefghijABCD");
    let refused = world.domain.sign_ins().by_wallet(&wallet.signs(&unknown)).await.unwrap_err();
    assert_eq!(refused.code(), "invalid-nonce");
    let unsigned = WalletLogin { signed: Signed::Text(challenge.message.clone()), ..wallet.signs("something else") };
    assert_eq!(world.domain.sign_ins().by_wallet(&unsigned).await.unwrap_err().code(), "invalid-signature");
    let later = challenge.message.clone() + "\nNot Before: 2999-01-01T00:00:00Z";
    assert_eq!(world.domain.sign_ins().by_wallet(&wallet.signs(&later)).await.unwrap_err().code(), "invalid-sign-in-message");
    let more = challenge.message + "\nNot Before: 2020-01-01T00:00:00Z\nRequest ID: 1\nResources:\n- https://a.b";
    assert!(world.domain.sign_ins().by_wallet(&wallet.signs(&more)).await.is_ok(), "a wallet may say more than it must");
    world.finish().await;
}

async fn a_message_is_good_for_ten_minutes_and_its_nonce_for_five(world: World) {
    let wallet = TestWallet::new(1);
    let late = wallet.answers(&world).await;
    let endless = world.domain.sign_ins().challenge(wallet.address()).await.unwrap();
    let endless: String = endless.message.lines().filter(|line| !line.starts_with("Expiration")).collect::<Vec<_>>().join("\n");
    world.clock.advance(Duration::from_secs(299));
    assert!(world.domain.sign_ins().by_wallet(&wallet.answers(&world).await).await.is_ok());
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(world.domain.sign_ins().by_wallet(&late).await.unwrap_err().code(), "invalid-sign-in-message", "it has expired");
    assert_eq!(world.domain.sign_ins().by_wallet(&wallet.signs(&endless)).await.unwrap_err().code(), "invalid-nonce");
    world.clock.advance(Duration::from_secs(301));
    let refused = world.domain.sign_ins().by_wallet(&wallet.signs(&endless)).await.unwrap_err();
    assert_eq!(refused.code(), "invalid-sign-in-message", "it was issued too long ago");
    world.finish().await;
}

async fn the_fifth_wrong_answer_ends_a_challenge(world: World) {
    let wallet = TestWallet::new(1);
    for (wrong_answers, gets_in) in [(4, true), (5, false)] {
        let good = wallet.answers(&world).await;
        for _ in 0..wrong_answers {
            let wrong = WalletLogin { signature: wallet.signs("something else").signature, ..good.clone() };
            assert_eq!(world.domain.sign_ins().by_wallet(&wrong).await.unwrap_err().code(), "invalid-signature");
        }
        assert_eq!(world.domain.sign_ins().by_wallet(&good).await.is_ok(), gets_in, "after {wrong_answers}");
    }
    world.finish().await;
}

async fn only_the_wallet_that_was_challenged_may_answer(world: World) {
    let (ann, eve) = (TestWallet::new(1), TestWallet::new(2));
    let for_ann = world.domain.sign_ins().challenge(ann.address()).await.unwrap();
    let by_eve = eve.signs(&for_ann.message.replace(&ann.address().to_string(), &eve.address().to_string()));
    assert_eq!(world.domain.sign_ins().by_wallet(&by_eve).await.unwrap_err().code(), "invalid-nonce");
    assert!(
        world.domain.sign_ins().by_wallet(&ann.signs(&for_ann.message)).await.is_ok(),
        "the challenge is still good for its own wallet"
    );
    world.finish().await;
}

/// The eight points of small order: with them as key, or as the signature's nonce, one signature fits many messages.
async fn keys_that_sign_anything_sign_nobody_in(world: World) {
    let mut identity = [0; 32];
    identity[0] = 1;
    for point in [identity, [0; 32]] {
        let address = Address::from_bytes(point);
        let challenge = world.domain.sign_ins().challenge(address).await.unwrap();
        let mut bytes = [0; 64];
        bytes[..32].copy_from_slice(&identity);
        let signature = bs58::encode(bytes).into_string().parse().unwrap();
        let forged = WalletLogin { address, signed: Signed::Text(challenge.message), signature };
        assert_eq!(world.domain.sign_ins().by_wallet(&forged).await.unwrap_err().code(), "invalid-signature");
    }
    world.finish().await;
}

async fn an_off_chain_message_is_read_through_its_preamble(world: World) {
    let wallet = TestWallet::new(1);
    let challenge = world.domain.sign_ins().challenge(wallet.address()).await.unwrap();
    let mut bytes = b"\xffsolana offchain\x00\x01".to_vec();
    bytes.extend(u16::try_from(challenge.message.len()).unwrap().to_le_bytes());
    bytes.extend(challenge.message.as_bytes());
    let bare = WalletLogin { signed: Signed::Text(challenge.message.clone()), ..wallet.signs_bytes(&bytes) };
    assert_eq!(world.domain.sign_ins().by_wallet(&bare).await.unwrap_err().code(), "invalid-signature", "the preamble is signed too");
    assert!(world.domain.sign_ins().by_wallet(&wallet.signs_bytes(&bytes)).await.is_ok());
    world.finish().await;
}

async fn a_suspended_wallet_stays_out(world: World) {
    let wallet = TestWallet::new(1);
    world.domain.sign_ins().by_wallet(&wallet.answers(&world).await).await.unwrap();
    world.database.execute("UPDATE users SET state = 'suspended'").await;
    let refused = world.domain.sign_ins().by_wallet(&wallet.answers(&world).await).await;
    assert!(matches!(refused, Err(SignInError::Account(AccountError::Suspended { .. }))));
    world.finish().await;
}

/// PostgreSQL takes the short way, with conditions of its own, where SQLite takes the long one: for both, each condition alone keeps a wallet
/// out, and without it the same answer gets in.
async fn a_known_wallet_is_refused_for_the_same_reasons_on_the_short_way_as_on_the_long_one(world: World) {
    let nonces = |set: &str| format!("UPDATE auth_nonces SET {set}");
    for (number, (broken, mended, code)) in [
        (nonces("used_at = expires_at"), nonces("used_at = NULL"), "invalid-nonce"),
        (nonces("expires_at = 1"), nonces("expires_at = 9000000000000000"), "invalid-nonce"),
        (nonces("failures = 5"), nonces("failures = 4"), "invalid-nonce"),
        (nonces("address = 'another'"), nonces("address = (SELECT wallet_address FROM users)"), "invalid-nonce"),
        ("UPDATE users SET state = 'suspended'".into(), "UPDATE users SET state = 'active'".into(), "account-suspended"),
    ]
    .into_iter()
    .enumerate()
    {
        let wallet = TestWallet::new(1);
        let known = world.domain.sign_ins().by_wallet(&wallet.answers(&world).await).await.unwrap();
        let answer = wallet.answers(&world).await;
        world.database.execute(&broken).await;
        let refused = world.domain.sign_ins().by_wallet(&answer).await.unwrap_err();
        assert_eq!(refused.code(), code, "{broken}: {refused}");
        let sign_ins = i64::try_from(2 * number + 1).unwrap();
        assert_eq!(world.database.count("SELECT count(*) FROM sign_ins").await, sign_ins, "{broken}: nothing was opened");
        world.database.execute(&mended).await;
        assert_eq!(world.domain.sign_ins().by_wallet(&answer).await.unwrap().user.id, known.user.id, "{mended}");
        assert!(world.domain.sign_ins().by_wallet(&answer).await.is_err(), "{mended}: once");
    }
    world.finish().await;
}
