//! Which image exactly: a tag may move, a digest never does.

use std::time::Duration;

use entities::agent_version;
use entities::id::AgentId;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};

use super::{AgentError, Agents};
use crate::ports::sandbox::ImageDigest;

/// How long saving an agent waits for its digest. An image that takes longer to be fetched is pinned at its first run.
const SAVING_WAITS_MAX: Duration = Duration::from_secs(5);

impl Agents<'_> {
    /// The digest that the image means right now, when there is a sandbox that knows it soon enough.
    pub(super) async fn digest_of(&self, image: &str) -> Option<String> {
        let sandbox = self.domain.ports.sandbox.as_ref()?;
        match tokio::time::timeout(SAVING_WAITS_MAX, sandbox.resolve(image)).await {
            Ok(Ok(ImageDigest(digest))) => Some(digest),
            Ok(Err(error)) => {
                tracing::info!(image, %error, "the image is pinned at its first run instead");
                None
            }
            Err(_) => None,
        }
    }

    /// Pin a version to a digest, unless it is pinned. Answers the digest that holds: the first one wins.
    ///
    /// # Errors
    /// [`AgentError::NoVersion`] when there is no such version.
    pub async fn pin(&self, agent_id: AgentId, version: i32, digest: &ImageDigest) -> Result<ImageDigest, AgentError> {
        let txn = self.domain.db.write().await?;
        agent_version::Entity::update_many()
            .col_expr(agent_version::Column::ImageDigest, Expr::value(digest.0.as_str()))
            .filter(agent_version::Column::AgentId.eq(agent_id))
            .filter(agent_version::Column::Version.eq(version))
            .filter(agent_version::Column::ImageDigest.is_null())
            .exec(&*txn)
            .await?;
        let pinned = agent_version::Entity::find_by_id((agent_id, version)).one(&*txn).await?;
        txn.commit().await?;
        let digest = pinned.and_then(|version| version.image_digest);
        digest.map(ImageDigest).ok_or(AgentError::NoVersion { agent: agent_id, version })
    }
}
