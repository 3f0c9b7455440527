//! Who may do what: one row for each operation of the description, one letter for each of nine callers.
//!
//! | Column | Who calls |
//! |---|---|
//! | 1 | nobody: no token at all |
//! | 2 | somebody who is suspended |
//! | 3 | an operator who has nothing to do with it |
//! | 4 | an operator who holds an entitlement to the agent that it is about |
//! | 5 | the operator whose it is |
//! | 6 | an observer |
//! | 7 | an architect |
//! | 8 | a program with a key that has the scope, of the owner's; in operations of the architect's |
//! | 9 | the same with every scope but this one |
//!
//! `y` is let in, whatever is answered to them; `1` is 401, `3` is 403, `4` is 404, mostly because it is somebody else's. A new operation needs a row:
//! take a pattern that fits, or write the letters, and say what it is about.

/// What the placeholders of a path stand for. Each call gets a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    Nothing,
    /// A deployed agent of the owner's, with an entitlement of the holder's.
    Agent,
    /// A run of it by the owner.
    Execution,
    /// The job of such a run.
    Job,
    /// A way in of the owner's.
    Identity,
    /// The owner's profile as an agent.
    Profile,
    /// The same by its id.
    Trader,
    /// Money that arrived and is nobody's.
    Deposit,
    /// A key of the owner's.
    Key,
    /// A device that acts for the owner.
    Link,
    /// The code of a device that waits.
    Code,
    /// A webhook of the owner's.
    Webhook,
    /// A webhook of the owner's, and a delivery to it.
    Delivery,
    /// A payout of the owner's.
    Payout,
    Pool,
    Schedule,
    /// Somebody else.
    User,
}

/// The operation's name, who may, and what it is about.
pub type Row = (&'static str, &'static str, About);

/// Everybody, signed in or not.
const PUBLIC: &str = "yyyyyyyyy";
/// Whoever is known; programs with the scope.
const KNOWN: &str = "11yyyyyy3";
/// People who signed in; no program.
const PEOPLE: &str = "11yyyyy33";
/// The owner, and an architect; for everybody else it is not there.
const OWNER: &str = "1144y4yy3";
/// Nobody but the owner.
const OWNER_ALONE: &str = "1144y44y3";
/// The owner in person.
const OWNER_IN_PERSON: &str = "1144y4433";
/// Observers and architects.
const LOOKS: &str = "11333yyy3";
/// Architects.
const ACTS: &str = "113333yy3";
/// Nobody: only a browser's cookie opens it.
const BROWSER: &str = "111111133";

pub const TABLE: &[Row] = &[
    // health
    ("getLiveness", PUBLIC, About::Nothing),
    ("getReadiness", PUBLIC, About::Nothing),
    ("listSigningKeys", PUBLIC, About::Nothing),
    // money
    ("listTokens", PUBLIC, About::Nothing),
    // signing in
    ("challengeWallet", PUBLIC, About::Nothing),
    ("loginWithWallet", PUBLIC, About::Nothing),
    ("authenticateUser", PUBLIC, About::Nothing),
    ("sendSignInCode", PUBLIC, About::Nothing),
    ("loginWithCode", PUBLIC, About::Nothing),
    // Not there as long as we have no name at Google.
    ("loginWithGoogle", "444444444", About::Nothing),
    ("loginWithLink", PUBLIC, About::Nothing),
    ("refresh", PUBLIC, About::Nothing),
    ("logout", PEOPLE, About::Nothing),
    ("logoutEverywhere", PEOPLE, About::Nothing),
    ("openBrowserSessionWithLink", PUBLIC, About::Nothing),
    ("openBrowserSession", PEOPLE, About::Nothing),
    ("getBrowserSession", BROWSER, About::Nothing),
    ("closeBrowserSession", PEOPLE, About::Nothing),
    // users
    ("getOwnUser", KNOWN, About::Nothing),
    ("updateOwnUser", KNOWN, About::Nothing),
    ("listOwnIdentities", KNOWN, About::Nothing),
    ("addWallet", PEOPLE, About::Nothing),
    ("addEmail", PEOPLE, About::Nothing),
    ("addGoogle", "114444433", About::Nothing),
    ("deleteOwnIdentity", OWNER_IN_PERSON, About::Identity),
    ("listOwnProfiles", KNOWN, About::Nothing),
    ("getOwnProfile", OWNER_ALONE, About::Profile),
    ("saveOwnProfile", PEOPLE, About::Profile),
    ("listOwnEntitlements", KNOWN, About::Nothing),
    // keys
    ("createKey", PEOPLE, About::Nothing),
    ("listKeys", KNOWN, About::Nothing),
    ("getKey", OWNER_ALONE, About::Key),
    ("revokeKey", OWNER_IN_PERSON, About::Key),
    ("rotateKey", OWNER_IN_PERSON, About::Key),
    ("createAgentKey", PEOPLE, About::Nothing),
    ("listAgentKeys", KNOWN, About::Nothing),
    ("revokeAgentKey", OWNER_IN_PERSON, About::Key),
    ("createVendorKey", PEOPLE, About::Nothing),
    ("listVendorKeys", KNOWN, About::Nothing),
    ("revokeVendorKey", OWNER_IN_PERSON, About::Key),
    // devices
    ("startLink", PUBLIC, About::Nothing),
    ("pollLink", PUBLIC, About::Nothing),
    ("getLink", PEOPLE, About::Code),
    ("approveLink", PEOPLE, About::Code),
    ("denyLink", PEOPLE, About::Code),
    ("listLinks", KNOWN, About::Nothing),
    // Nothing is there for whoever did not sign the request.
    ("getCurrentLink", "114444443", About::Nothing),
    ("revokeLink", OWNER_IN_PERSON, About::Link),
    // agents
    ("createAgent", KNOWN, About::Nothing),
    ("listAgents", KNOWN, About::Nothing),
    ("getAgent", KNOWN, About::Agent),
    ("getAgentStats", KNOWN, About::Agent),
    ("updateAgent", OWNER, About::Agent),
    ("deleteAgent", OWNER, About::Agent),
    ("moveAgent", OWNER, About::Agent),
    ("listAgentAudit", OWNER, About::Agent),
    ("listAgentEntitlements", OWNER, About::Agent),
    ("grantEntitlement", OWNER, About::Agent),
    ("revokeEntitlement", OWNER, About::Agent),
    // executions; whoever is not entitled is told so, because the agent is there for everybody
    ("runAgent", "113yy3yy3", About::Agent),
    ("listExecutions", KNOWN, About::Nothing),
    ("getExecution", OWNER, About::Execution),
    ("getExecutionLogs", OWNER, About::Execution),
    ("cancelExecution", OWNER, About::Execution),
    ("getOperation", "1144yyyy3", About::Job),
    // payments; whoever calls pays and earns for themselves
    ("pay", KNOWN, About::Nothing),
    ("getAgentBalance", KNOWN, About::Nothing),
    ("listAgentTransactions", KNOWN, About::Nothing),
    ("getAgentLimits", KNOWN, About::Nothing),
    ("setAgentLimits", PEOPLE, About::Nothing),
    ("depositBond", KNOWN, About::Nothing),
    ("withdrawBond", KNOWN, About::Nothing),
    ("getVendorBalance", KNOWN, About::Nothing),
    ("getVendorStats", KNOWN, About::Nothing),
    ("getDepositAddress", KNOWN, About::Nothing),
    ("verifyDeposit", KNOWN, About::Nothing),
    ("listDeposits", KNOWN, About::Nothing),
    ("requestPayout", PEOPLE, About::Nothing),
    ("listPayouts", KNOWN, About::Nothing),
    ("getPayout", OWNER_ALONE, About::Payout),
    ("submitPaymentIntents", KNOWN, About::Nothing),
    ("listPaymentIntents", KNOWN, About::Nothing),
    // webhooks; an architect has no business with those of others
    ("createWebhook", KNOWN, About::Nothing),
    ("listWebhooks", KNOWN, About::Nothing),
    ("getWebhook", OWNER_ALONE, About::Webhook),
    ("updateWebhook", OWNER_ALONE, About::Webhook),
    ("deleteWebhook", OWNER_ALONE, About::Webhook),
    ("rotateWebhookSecret", OWNER_ALONE, About::Webhook),
    ("testWebhook", OWNER_ALONE, About::Webhook),
    ("listWebhookDeliveries", OWNER_ALONE, About::Webhook),
    ("getWebhookDelivery", OWNER_ALONE, About::Delivery),
    ("replayWebhookDelivery", OWNER_ALONE, About::Delivery),
    // operations
    ("listJobs", LOOKS, About::Nothing),
    ("getJob", LOOKS, About::Job),
    ("enqueueJob", ACTS, About::Nothing),
    ("bulkJobs", ACTS, About::Nothing),
    ("retryJob", ACTS, About::Job),
    ("cancelJob", ACTS, About::Job),
    ("deleteJob", ACTS, About::Job),
    ("listPools", LOOKS, About::Nothing),
    ("pausePool", ACTS, About::Pool),
    ("resumePool", ACTS, About::Pool),
    ("scalePool", ACTS, About::Pool),
    ("listWorkers", LOOKS, About::Nothing),
    ("listSchedules", LOOKS, About::Nothing),
    ("listScheduleFires", LOOKS, About::Schedule),
    ("pauseSchedule", ACTS, About::Schedule),
    ("resumeSchedule", ACTS, About::Schedule),
    ("runSchedule", ACTS, About::Schedule),
    ("getUser", LOOKS, About::User),
    ("suspendUser", ACTS, About::User),
    ("resumeUser", ACTS, About::User),
    ("setUserRole", ACTS, About::User),
    ("listAllDeposits", LOOKS, About::Nothing),
    ("creditDeposit", ACTS, About::Deposit),
    ("getReconciliation", LOOKS, About::Nothing),
    ("suspendProfile", ACTS, About::Trader),
    ("resumeProfile", ACTS, About::Trader),
    ("listUserKeys", LOOKS, About::User),
    ("revokeUserKey", ACTS, About::Key),
];
