-- Agents' browsers: a token that ends by itself, at a set time or when it is not used for long.
ALTER TABLE token ADD COLUMN expiresAt INTEGER;
ALTER TABLE token ADD COLUMN usedAt INTEGER;
