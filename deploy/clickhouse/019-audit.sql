-- What the audit of the ledger asks for: rows by the collector that wrote them and the second it stored them, counted by the engine beside the data of
-- each part, so that a question over a day reads some thousand rows. writer: number of the collector, 0 for rows of versions before.
-- The sums are digests: of 20 bits of a number, or of 20 bits of either end of an id.
ALTER TABLE spans ADD COLUMN IF NOT EXISTS writer UInt32 DEFAULT 0;
ALTER TABLE logs ADD COLUMN IF NOT EXISTS writer UInt32 DEFAULT 0;
ALTER TABLE samples ADD COLUMN IF NOT EXISTS writer UInt32 DEFAULT 0;
-- DELETE FROM stays possible.
ALTER TABLE spans MODIFY SETTING lightweight_mutation_projection_mode = 'rebuild';
ALTER TABLE logs MODIFY SETTING lightweight_mutation_projection_mode = 'rebuild';
ALTER TABLE samples MODIFY SETTING lightweight_mutation_projection_mode = 'rebuild';
ALTER TABLE spans ADD PROJECTION IF NOT EXISTS audit (SELECT writer, stored_at, count(), sum(bitAnd(reinterpretAsUInt64(span_id), 1048575) + bitAnd(reinterpretAsUInt64(reverse(span_id)), 1048575)) GROUP BY writer, stored_at);
ALTER TABLE logs ADD PROJECTION IF NOT EXISTS audit (SELECT writer, stored_at, count(), sum(bitAnd(toUnixTimestamp64Nano(ts), 1048575)) GROUP BY writer, stored_at);
ALTER TABLE samples ADD PROJECTION IF NOT EXISTS audit (SELECT writer, stored_at, count(), sum(bitAnd(id, 1048575)) GROUP BY writer, stored_at);
