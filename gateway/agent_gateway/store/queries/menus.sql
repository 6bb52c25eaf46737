-- name: menu_digests
SELECT menu, digest FROM menus WHERE bot_id = $1;

-- name: chat_menu_digests
SELECT menu, digest FROM menus WHERE bot_id = $1 AND starts_with(menu, $2);

-- name: keep_menu
INSERT INTO menus (bot_id, menu, digest) VALUES ($1, $2, $3)
ON CONFLICT (bot_id, menu) DO UPDATE SET digest = EXCLUDED.digest, set_at = now();
