//! Payments at the domain's door, in this process.

use std::time::{Duration, Instant};

use bench::{BoxError, millis};

use crate::Figures;
use crate::stage::Stage;

pub async fn per_second(stage: &Stage, time: Duration) -> Result<Figures, BoxError> {
    let began = Instant::now();
    let tasks = platform::Tasks::new();
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    for payer in stage.payers.clone() {
        let (domain, vendor, told) = (stage.domain.clone(), stage.payment()?, told.clone());
        tasks.spawn("payer", async move {
            let mut waits = Vec::new();
            while began.elapsed() < time {
                let request = domain::payments::PayRequest { id: domain.queue().ids().next(), ..vendor.clone() };
                let asked = Instant::now();
                if domain.payments().pay(&payer, request, None).await.is_ok() {
                    waits.push(millis(asked.elapsed()));
                }
            }
            // Whoever measures is still there.
            let _ = told.send(waits);
        });
    }
    drop(told);
    let mut all = Vec::new();
    while let Some(waits) = heard.recv().await {
        all.extend(waits);
    }
    let took = began.elapsed();
    tasks.shut_down().await;
    Ok(Figures::of(all, took, 0))
}
