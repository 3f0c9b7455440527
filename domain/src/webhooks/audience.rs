//! Whose event it is: only they are told. A topic says what it is about, and what it is about has an owner.

use std::collections::HashMap;

use entities::id::{AgentId, ExecutionId, PayoutId, TypedId, UserId, WebhookId};
use entities::{agent, event, execution, payout, user, webhook_endpoint};
use platform::Txn;
use sea_orm::{ColumnTrait as _, DbErr, EntityTrait as _, QueryFilter as _, QuerySelect as _};

/// The owners of the topics of some events. A topic that nobody owns, or somebody who is suspended, is missing.
pub async fn owners(txn: &Txn, events: &[event::Model]) -> Result<HashMap<String, UserId>, DbErr> {
    let mut owners = HashMap::new();
    let ids = of_noun::<ExecutionId>(events, "execution");
    if !ids.is_empty() {
        let found = execution::Entity::find().select_only().column(execution::Column::Id).column(execution::Column::UserId);
        let found = found.filter(execution::Column::Id.is_in(ids)).into_tuple::<(ExecutionId, UserId)>().all(&**txn).await?;
        owners.extend(found.into_iter().map(|(id, owner)| (format!("execution:{id}"), owner)));
    }
    let ids = of_noun::<AgentId>(events, "agent");
    if !ids.is_empty() {
        let found = agent::Entity::find().select_only().column(agent::Column::Id).column(agent::Column::OwnerId);
        let found = found.filter(agent::Column::Id.is_in(ids)).into_tuple::<(AgentId, UserId)>().all(&**txn).await?;
        owners.extend(found.into_iter().map(|(id, owner)| (format!("agent:{id}"), owner)));
    }
    let ids = of_noun::<WebhookId>(events, "webhook");
    if !ids.is_empty() {
        let found = webhook_endpoint::Entity::find().select_only();
        let found = found.column(webhook_endpoint::Column::Id).column(webhook_endpoint::Column::UserId);
        let found = found.filter(webhook_endpoint::Column::Id.is_in(ids)).into_tuple::<(WebhookId, UserId)>().all(&**txn).await?;
        owners.extend(found.into_iter().map(|(id, owner)| (format!("webhook:{id}"), owner)));
    }
    owners.extend(of_noun::<UserId>(events, "user").into_iter().map(|id| (format!("user:{id}"), id)));
    let ids = of_noun::<PayoutId>(events, "payout");
    if !ids.is_empty() {
        let found = payout::Entity::find().select_only().column(payout::Column::Id).column(payout::Column::UserId);
        let found = found.filter(payout::Column::Id.is_in(ids)).into_tuple::<(PayoutId, UserId)>().all(&**txn).await?;
        owners.extend(found.into_iter().map(|(id, owner)| (format!("payout:{id}"), owner)));
    }
    // Nobody is told who may not sign in.
    let of_them = user::Entity::find().select_only().column(user::Column::Id).filter(user::Column::Id.is_in(owners.values().copied()));
    let active: Vec<UserId> = of_them.filter(user::Column::State.eq(user::State::Active)).into_tuple().all(&**txn).await?;
    owners.retain(|_, owner| active.contains(owner));
    Ok(owners)
}

/// The ids in topics such as `execution:exe_…`, each once.
fn of_noun<T: TypedId + Ord>(events: &[event::Model], noun: &str) -> Vec<T> {
    let id = |event: &event::Model| event.topic.strip_prefix(noun)?.strip_prefix(':')?.parse().ok();
    let mut ids: Vec<T> = events.iter().filter_map(id).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}
