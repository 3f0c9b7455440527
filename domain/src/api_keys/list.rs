//! Keys as they are shown: everything but their text and its hash.

use entities::Timestamp;
use entities::api_key::{self, Holder, Model};
use entities::id::{ApiKeyId, UserId};
use sea_orm::{ColumnTrait as _, Condition, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};
use serde::{Deserialize, Serialize};

use super::{ApiKeyError, ApiKeys, Scope, Scopes};
use crate::accounts::Caller;
use crate::paging::{Page, PageRequest};

/// A key without its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    pub id: ApiKeyId,
    pub user_id: UserId,
    pub holder: Holder,
    pub name: String,
    pub prefix: String,
    pub scopes: Vec<Scope>,
    pub created_at: Timestamp,
    /// By itself, or with the overlap of its rotation.
    pub expires_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

impl From<Model> for ApiKey {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            user_id: row.user_id,
            holder: row.holder,
            name: row.name,
            prefix: row.prefix,
            scopes: Scopes::from(row.scopes.as_str()).iter().collect(),
            created_at: row.created_at,
            expires_at: [row.expires_at, row.replaced_at].into_iter().flatten().min(),
            last_used_at: row.last_used_at,
            revoked_at: row.revoked_at,
        }
    }
}

impl ApiKeys<'_> {
    /// The caller's keys, newest first; of one sort, or of all.
    ///
    /// # Errors
    /// [`ApiKeyError::Page`] when the page cannot be told.
    pub async fn list(&self, caller: &Caller, holder: Option<Holder>, page: &PageRequest) -> Result<Page<ApiKey>, ApiKeyError> {
        self.of_user(caller.user_id, holder, page).await
    }

    pub(crate) async fn of_user(&self, user_id: UserId, holder: Option<Holder>, page: &PageRequest) -> Result<Page<ApiKey>, ApiKeyError> {
        let (list, filter) = ("api keys", (user_id, holder));
        let mut wanted =
            Condition::all().add(api_key::Column::UserId.eq(user_id)).add_option(holder.map(|holder| api_key::Column::Holder.eq(holder)));
        if let Some(after) = page.after::<ApiKeyId>(list, &filter)? {
            wanted = wanted.add(api_key::Column::Id.lt(after));
        }
        let find = api_key::Entity::find().filter(wanted).order_by_desc(api_key::Column::Id).limit(page.rows_max()? + 1);
        let rows = find.all(self.domain.db.connection()).await?.into_iter().map(ApiKey::from).collect();
        Ok(page.page(list, &filter, rows, |key| key.id)?)
    }

    /// One key of the caller's.
    ///
    /// # Errors
    /// [`ApiKeyError::Missing`] when it is somebody else's, or there is none.
    pub async fn get(&self, caller: &Caller, id: ApiKeyId) -> Result<ApiKey, ApiKeyError> {
        let key = self.find(id).await?;
        if key.user_id == caller.user_id { Ok(key) } else { Err(ApiKeyError::Missing { key: id }) }
    }

    pub(crate) async fn find(&self, id: ApiKeyId) -> Result<ApiKey, ApiKeyError> {
        let row = api_key::Entity::find_by_id(id).one(self.domain.db.connection()).await?;
        row.map(Into::into).ok_or(ApiKeyError::Missing { key: id })
    }
}
