//! What the house takes as money, at the door.

use crate::house::House;

#[tokio::test]
async fn anybody_may_ask_which_tokens_the_house_takes_on_its_network() {
    let house = House::open().await;
    let asked = house.client.get("/v1/tokens").send().await;
    asked.assert_status_is_ok();
    asked.assert_json(serde_json::json!({ "tokens": [] })).await;
    let row = "INSERT INTO tokens (network, mint, symbol, decimals, token_program, created_at) \
               VALUES ('localnet', 'So11111111111111111111111111111111111111112', 'WSOL', 9, 'spl_token', 0)";
    house.world.database.execute(row).await;
    let asked = house.client.get("/v1/tokens").send().await;
    let token = serde_json::json!({
        "symbol": "WSOL", "network": "localnet", "mint": "So11111111111111111111111111111111111111112", "decimals": 9, "token_program": "spl_token",
    });
    asked.assert_json(serde_json::json!({ "tokens": [token] })).await;
    house.close().await;
}
