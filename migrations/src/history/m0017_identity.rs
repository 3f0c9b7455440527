//! A key is linked once, whoever pairs it; and a rotated key ends with its overlap without forgetting how long it was meant to live.

use crate::dialect::Step;

pub const STEP: Step = Step {
    name: "m0017_identity",
    up: r"
ALTER TABLE api_keys ADD COLUMN replaced_at BIGINT;
CREATE INDEX api_keys_replaced ON api_keys (replaced_at) WHERE replaced_at IS NOT NULL;

UPDATE device_links SET state = 'revoked', revoked_at = linked_at
WHERE state = 'linked' AND EXISTS (
    SELECT 1 FROM device_links AS newer
    WHERE newer.public_key = device_links.public_key AND newer.state = 'linked'
      AND (newer.linked_at > device_links.linked_at OR (newer.linked_at = device_links.linked_at AND newer.id > device_links.id))
);
DROP INDEX device_links_key;
CREATE UNIQUE INDEX device_links_key ON device_links (public_key) WHERE state = 'linked';
",
    up_sqlite: "",
    up_postgres: "",
    down: r"
DROP INDEX device_links_key;
CREATE INDEX device_links_key ON device_links (public_key) WHERE state = 'linked';
DROP INDEX api_keys_replaced;
ALTER TABLE api_keys DROP COLUMN replaced_at;
",
    down_sqlite: "",
    down_postgres: "",
};
