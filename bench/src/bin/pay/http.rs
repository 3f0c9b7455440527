//! Payments over HTTP: 64 connections, each of a payer of its own, who comes with an API key.

use std::time::Duration;

use bench::{BoxError, Client, House, millis};
use domain::entities::id::ProfileId;
use futures::future::try_join_all;
use serde_json::json;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::stage::Stage;
use crate::{Figures, PAYERS};

pub async fn payers(house: &House, stage: &Stage) -> Result<Vec<Client>, BoxError> {
    let (mut clients, mut profiles) = (Vec::new(), Vec::new());
    for _ in 0..PAYERS {
        let mut client = Client::connect(house.address, &house.token().await?).await?;
        let saved = client.put("/v1/users/me/profiles/agent", &json!({ "name": "Trader" }).to_string()).await?.expect(200)?;
        let profile: ProfileId = saved["id"].as_str().ok_or("the profile has no id")?.parse()?;
        profiles.push(profile);
        let wish = json!({ "name": "payer", "scopes": ["pay"] }).to_string();
        let made = client.post("/v1/keys", "", &wish).await?.expect(201)?;
        let key = made["key"].as_str().ok_or("the key has no text")?;
        clients.push(Client::connect(house.address, key).await?);
    }
    stage.fill(&profiles).await?;
    Ok(clients)
}

/// As many as are answered.
pub async fn per_second(payers: &mut [Client], stage: &Stage, time: Duration) -> Result<Figures, BoxError> {
    let began = Instant::now();
    let each = payers.iter_mut().map(|client| async move {
        let mut waits = Vec::new();
        while began.elapsed() < time {
            let asked = Instant::now();
            pay(client, stage).await?.expect(200)?;
            waits.push(millis(asked.elapsed()));
        }
        Ok::<_, BoxError>(waits)
    });
    let waits = try_join_all(each).await?.into_iter().flatten().collect();
    Ok(Figures::of(waits, began.elapsed(), 0))
}

/// An open loop: each payment has its time, and its wait counts from then, also when the one before it was late.
pub async fn open_loop(payers: &mut [Client], stage: &Stage, time: Duration, per_second: u32) -> Result<Figures, BoxError> {
    let connections = u32::try_from(payers.len())?;
    let (first, payments) =
        (Instant::now() + Duration::from_millis(100), time.as_millis() * u128::from(per_second) / 1_000 / u128::from(connections));
    let each = payers.iter_mut().zip(0..).map(|(client, number)| async move {
        let start = first + Duration::from_secs(1) * number / per_second;
        let mut every = interval_at(start, Duration::from_secs(1) * connections / per_second);
        every.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let (mut waits, mut errors) = (Vec::new(), 0);
        for _ in 0..payments {
            let due = every.tick().await;
            errors += u32::from(pay(client, stage).await?.status != 200);
            waits.push(millis(due.elapsed()));
        }
        Ok::<_, BoxError>((waits, errors))
    });
    let shares = try_join_all(each).await?;
    let errors = shares.iter().map(|(_, errors)| errors).sum();
    Ok(Figures::of(shares.into_iter().flat_map(|(waits, _)| waits).collect(), time, errors))
}

async fn pay(client: &mut Client, stage: &Stage) -> Result<bench::Answer, BoxError> {
    let body = format!(r#"{{"id":"{}","to":"{}","amount":"1"}}"#, stage.id(), stage.vendor);
    client.post("/v1/agent/pay", "", &body).await
}
