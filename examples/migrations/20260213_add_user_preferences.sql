ALTER TABLE users ADD COLUMN preferences jsonb NOT NULL DEFAULT '{}';
ALTER TABLE orders ADD COLUMN preferred_carrier text;
