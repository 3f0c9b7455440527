//! Removes what dead workers left behind. The recorded names decide; a label, which an image can imitate, never does.

use domain::ports::sandbox::SandboxError;

use super::{container, docker::Shared};

pub(super) async fn sweep(shared: &Shared) -> Result<u64, SandboxError> {
    let engine = shared.connection.get().await?;
    let prefix = format!("tm-{}-", shared.installation);
    let mut removed = 0;
    for name in shared.undertaker.log.abandoned(&engine.daemon).await? {
        if !name.starts_with(&prefix) {
            tracing::error!(container = name, "a recorded name is not of this installation; it stays");
            continue;
        }
        if container::exists(&engine, &name).await? {
            // One that the engine cannot let go of now is no reason to leave the others; the next sweep tries it again.
            if let Err(error) = container::remove(&engine, &name).await {
                tracing::warn!(container = name, %error, "could not sweep an abandoned container yet");
                continue;
            }
            removed += 1;
            tracing::info!(container = name, "swept an abandoned container");
        }
        shared.undertaker.log.close(&name).await?;
    }
    Ok(removed)
}
