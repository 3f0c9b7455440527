//! `verify_deposit`: one transaction is looked at, and booked once.

use domain::entities::{Signature, job};
use testkit::{Kind, Shore};

#[tokio::test]
async fn looking_twice_is_booking_once() {
    let shore = Shore::on(Kind::Sqlite).await;
    let signature = shore.deposits(30);
    let claimed = shore.world.domain.deposits().claim(&shore.agent.caller, &signature.to_string(), None).await.unwrap().into_inner();
    for _ in 0..2 {
        shore.world.repeat_jobs().await;
        shore.world.run_jobs().await;
        let job = shore.world.job(claimed.job_id).await;
        assert_eq!((job.state, job.result.unwrap()["deposits"][0]["amount"].as_str()), (job::State::Succeeded, Some("30")));
        assert_eq!((shore.available().await, shore.rows().await), (30, 1));
    }
    shore.world.finish().await;
}

#[tokio::test]
async fn what_is_not_final_yet_is_booked_as_soon_as_it_is() {
    let shore = Shore::on(Kind::Sqlite).await;
    let signature = shore.deposits(30);
    shore.cluster.withholds(signature);
    let claimed = shore.world.domain.deposits().claim(&shore.agent.caller, &signature.to_string(), None).await.unwrap().into_inner();
    shore.world.run_jobs().await;
    let job = shore.world.job(claimed.job_id).await;
    assert_eq!((job.state, job.failures), (job::State::Queued, 0));
    shore.cluster.withholds_nothing();
    shore.world.skip_waits().await;
    shore.world.run_jobs().await;
    assert_eq!((shore.world.job(claimed.job_id).await.state, shore.available().await), (job::State::Succeeded, 30));
    shore.world.finish().await;
}

#[tokio::test]
async fn what_is_no_deposit_fails_at_once() {
    let shore = Shore::on(Kind::Sqlite).await;
    let other = shore.cluster.sends_another_token(5);
    let unknown = Signature::from_bytes([5; 64]);
    let deposits = shore.world.domain.deposits();
    let wrong = deposits.claim(&shore.agent.caller, &other.to_string(), None).await.unwrap().into_inner();
    let missing = deposits.claim(&shore.agent.caller, &unknown.to_string(), None).await.unwrap().into_inner();
    shore.world.run_jobs().await;
    let job = shore.world.job(wrong.job_id).await;
    assert_eq!((job.state, job.error_code.as_deref()), (job::State::Failed, Some("deposit-refused")));
    shore.world.database.execute("UPDATE jobs SET created_at = 1").await;
    shore.world.skip_waits().await;
    shore.world.run_jobs().await;
    let job = shore.world.job(missing.job_id).await;
    assert_eq!((job.state, job.error_code.as_deref()), (job::State::Failed, Some("not-found")));
    shore.world.finish().await;
}
