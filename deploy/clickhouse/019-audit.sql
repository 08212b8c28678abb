-- Which collector wrote a row, for the audit of the ledger: a number made of its install id, 0 for rows of versions before. With `stored_at` it says which block
-- the row came with; it is the same in all rows of a block, so it takes next to no room.
ALTER TABLE spans ADD COLUMN IF NOT EXISTS writer UInt32 DEFAULT 0;
ALTER TABLE logs ADD COLUMN IF NOT EXISTS writer UInt32 DEFAULT 0;
ALTER TABLE samples ADD COLUMN IF NOT EXISTS writer UInt32 DEFAULT 0;
