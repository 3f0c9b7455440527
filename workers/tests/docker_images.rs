//! Which image runs, and which does not.

mod docker_world;

use docker_world::{World, registry::Registry, spec, until};
use domain::ports::sandbox::{Failure, FailureCode, ImageDigest, RunSpec, Sandbox, SandboxError};
use serde_json::json;
use workers::sandbox::PullPolicy;

fn code(error: SandboxError) -> FailureCode {
    match error {
        SandboxError::Image(failure) => failure.code,
        other => panic!("expected a fault of the image's, got {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_imported_image_is_pinned_by_its_id() {
    let world = World::new().await;
    let image = world.image("echo {}").await;
    let digest = world.sandbox.resolve(&image).await.unwrap();
    let id = world.engine.inspect_image(&image).await.unwrap().id.unwrap();
    assert_eq!(digest, ImageDigest(id));
    world.run(&RunSpec { digest: Some(digest), ..spec(&image, json!({})) }).await.completed();
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pinned_run_keeps_its_image_when_the_tag_moves() {
    let world = World::new().await;
    let image = world.image("echo '\"old\"'").await;
    let digest = world.sandbox.resolve(&image).await.unwrap();
    let keep = bollard::query_parameters::TagImageOptionsBuilder::default().repo(&image).tag("kept").build();
    drop(world.engine.tag_image(&image, Some(keep)).await);
    docker_world::images::import(&world.engine, &image, &[r#"CMD ["/bin/sh", "-c", "echo '\"new\"'"]"#]).await;
    let run = world.run(&RunSpec { digest: Some(digest), ..spec(&image, json!({})) }).await;
    assert_eq!(run.completed(), &json!("old"));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_digest_than_the_pinned_one_does_not_run() {
    let world = World::with(|settings| settings.pull_policy = PullPolicy::Never).await;
    let image = world.image("echo {}").await;
    let digest = Some(ImageDigest(format!("sha256:{}", "0".repeat(64))));
    let message = world.run(&RunSpec { digest, ..spec(&image, json!({})) }).await.failed_with(FailureCode::ImageDigest);
    assert!(message.contains("save the agent again"), "{message}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_is_not_there_fails_with_a_sentence() {
    let registry = Registry::open().await;
    let missing = format!("{}:nope", registry.repository);
    for policy in [PullPolicy::Never, PullPolicy::Missing] {
        let world = World::with(|settings| settings.pull_policy = policy).await;
        assert_eq!(code(world.sandbox.resolve(&missing).await.unwrap_err()), FailureCode::ImageMissing);
        let run = world.run(&spec(&missing, json!({}))).await;
        let message = run.failed_with(FailureCode::ImageMissing);
        assert!(message.contains(&missing) && message.contains("check its name and tag"), "{message}");
        let heard = run.heard();
        assert_eq!(heard.is_some(), policy == PullPolicy::Missing, "only a registry that was asked has said something: {heard:?}");
        assert!(heard.is_none_or(|heard| !message.contains(heard)), "{message}");
        world.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_that_cannot_be_asked_is_no_fault_of_the_agents() {
    let (world, registry) = (World::new().await, Registry::open().await);
    registry.falls_ill();
    let digest = ImageDigest(format!("sha256:{}", "0".repeat(64)));
    for image in [&format!("{}:1", registry.repository), "localhost:9/no/such:image", "registry.invalid/no/such:image"] {
        let asked = world.sandbox.resolve(image).await.unwrap_err();
        assert!(matches!(asked, SandboxError::Registry { .. }), "{asked:?}");
        let pinned = RunSpec { digest: Some(digest.clone()), ..spec(image, json!({})) };
        let run = world.try_run(&pinned).await.err().expect("no run");
        assert!(matches!(run, SandboxError::Registry { .. }), "{run:?}");
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_from_elsewhere_than_the_allow_list_is_refused() {
    let world = World::with(|settings| settings.images_allowed = vec!["docker.io/trusted/".into()]).await;
    let image = world.image("echo {}").await;
    for elsewhere in [image.as_str(), "ghcr.io/trusted/x", "docker.io/trustedtoo/x", "no such reference"] {
        assert_eq!(code(world.sandbox.resolve(elsewhere).await.unwrap_err()), FailureCode::ImageRefused, "{elsewhere}");
    }
    let allowed = world.sandbox.resolve("trusted/x").await.unwrap_err();
    assert!(!matches!(allowed, SandboxError::Image(Failure { code: FailureCode::ImageRefused, .. })), "{allowed}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pulled_image_is_pinned_by_its_registrys_digest() {
    let (world, registry) = (World::new().await, Registry::open().await);
    let published = registry.publish("1", "echo '\"first\"'");
    let image = format!("{}:1", registry.repository);
    world.forget_at_the_end(&image);
    let digest = world.sandbox.resolve(&image).await.unwrap();
    assert_eq!(digest, ImageDigest(published.clone()));
    let pinned = RunSpec { digest: Some(digest), ..spec(&image, json!({})) };
    let asked = registry.pulls();
    assert_eq!(world.run(&pinned).await.completed(), &json!("first"));
    assert_eq!(registry.pulls(), asked, "what is here is not pulled again");
    registry.publish("1", "echo '\"second\"'");
    let again = RunSpec { execution_id: spec("x", json!({})).execution_id, ..pinned };
    assert_eq!(world.run(&again).await.completed(), &json!("first"), "the pin holds when the tag moves");
    let by_digest = format!("{}@{published}", registry.repository);
    assert_eq!(world.sandbox.resolve(&by_digest).await.unwrap(), ImageDigest(published));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pinned_image_that_was_removed_is_pulled_by_its_digest() {
    let (world, registry) = (World::new().await, Registry::open().await);
    let digest = ImageDigest(registry.publish("1", "echo '\"pinned\"'"));
    registry.publish("1", "echo '\"moved\"'");
    let image = format!("{}:1", registry.repository);
    world.forget_at_the_end(&format!("{}@{}", registry.repository, digest.0));
    let run = world.run(&RunSpec { digest: Some(digest), ..spec(&image, json!({})) }).await;
    assert_eq!(run.completed(), &json!("pinned"));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_that_outlasts_its_runs_goes_on_without_them_and_is_begun_once() {
    let (world, registry) = (World::with(|settings| settings.pull_wait_seconds_max = 0).await, Registry::open().await);
    let digest = ImageDigest(registry.publish("1", "echo '\"at last\"'"));
    let by_digest = format!("{}@{}", registry.repository, digest.0);
    world.forget_at_the_end(&by_digest);
    registry.is_slow(true);
    let pinned = RunSpec { digest: Some(digest), ..spec(&format!("{}:1", registry.repository), json!({})) };
    let impatient = world.try_run(&pinned).await.err().expect("no run");
    assert!(matches!(&impatient, SandboxError::Pulling { image } if *image == by_digest), "{impatient}");
    until("the registry is asked for the layers", async || registry.contents() > 0).await;
    let again = world.try_run(&pinned).await.err().expect("no run");
    assert!(matches!(again, SandboxError::Pulling { .. }), "{again}");
    registry.is_slow(false);
    let asked = registry.pulls();
    until("it is there, though nobody waits", async || world.engine.inspect_image(&by_digest).await.is_ok()).await;
    assert_eq!(world.run(&pinned).await.completed(), &json!("at last"));
    assert_eq!(registry.pulls(), asked, "there was one pull");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pull_policy_decides_when_a_tag_is_asked_for() {
    let registry = Registry::open().await;
    let image = format!("{}:1", registry.repository);
    for (policy, answers) in [(PullPolicy::Missing, ["one", "one"]), (PullPolicy::Always, ["one", "two"])] {
        let world = World::with(|settings| settings.pull_policy = policy).await;
        world.forget_at_the_end(&image);
        for (script, answer) in ["one", "two"].into_iter().zip(answers) {
            registry.publish("1", &format!("echo '\"{script}\"'"));
            let run = world.run(&spec(&image, json!({}))).await;
            assert_eq!(run.completed(), &json!(answer), "{policy:?}");
        }
        world.finish().await;
    }
}
